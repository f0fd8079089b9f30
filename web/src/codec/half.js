/**
 * One half of a codec as a TFLite file: what it says about itself, and running it by LiteRT.js.
 *
 * A file is a TFLite model with a zip archive of one stored entry, metadata.json, appended.
 */

import {Tensor, loadAndCompile} from '@litertjs/core';

/** A file that is no encoder or decoder, or not the one that is needed. */
export class HalfError extends Error {
  name = 'HalfError';
}

const TYPES = {uint8: Uint8Array, int32: Int32Array, float32: Float32Array};

/** A half, ready to run. One run at a time: the caller waits for the promise. */
export class Half {
  /**
   * Reads and compiles a file for WebAssembly.
   *
   * @param {Uint8Array} content of the file.
   * @param {'encoder' | 'decoder'} part which half is expected.
   * @returns {Promise<Half>}
   * @throws {HalfError}
   */
  static async load(content, part) {
    const metadata = readMetadata(content);
    if (metadata.part !== part) throw new HalfError(`The file holds the ${metadata.part}; the ${part} is needed.`);
    return new Half(metadata, await loadAndCompile(content, {accelerator: 'wasm'}));
  }

  constructor(metadata, model) {
    /** What the file says about itself: part, model_id, image_size, format_version, … */
    this.metadata = metadata;
    /** 8 hexadecimal digits. */
    this.modelId = metadata.model_id;
    const [width, height] = String(metadata.image_size).split('x').map(Number);
    if (!width || !height) throw new HalfError('A half of one size is needed, this one takes any.');
    this.width = width;
    this.height = height;
    this.runner = Object.values(model.signatures)[0];
    this.inputs = new Map(this.runner.getInputDetails().map((details) => [details.name, details]));
  }

  /** @returns {number} how many numbers an input holds. */
  lengthOf(input) {
    return this.inputs.get(input).shape.reduce((product, side) => product * side, 1);
  }

  /**
   * Runs the file's one signature.
   *
   * @param {Record<string, ArrayLike<number>>} values by the inputs' names, as many numbers as each input holds.
   * @returns {Promise<Record<string, Uint8Array | Int32Array | Float32Array>>} by the outputs' names.
   */
  async run(values) {
    const tensors = {};
    for (const [name, {dtype, shape}] of this.inputs) {
      tensors[name] = new Tensor(TYPES[dtype].from(values[name]), [...shape]);
    }
    try {
      const results = await this.runner.run(tensors);
      const arrays = {};
      for (const [name, tensor] of Object.entries(results)) {
        arrays[name] = tensor.toTypedArray().slice(); // A copy: the tensor's memory is WebAssembly's.
        tensor.delete();
      }
      return arrays;
    } finally {
      for (const tensor of Object.values(tensors)) tensor.delete();
    }
  }
}

/**
 * @param {Uint8Array} content of a TFLite file of this project.
 * @returns {object} its metadata.json.
 * @throws {HalfError}
 */
export function readMetadata(content) {
  // The zip's end record, its one central entry and that entry's local header (PKZIP APPNOTE 4.3).
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const end = content.length - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) throw new HalfError('The file has no metadata.json.');
  const central = end - view.getUint32(end + 12, true);
  const size = view.getUint32(central + 20, true);
  const nameLength = view.getUint16(central + 28, true);
  const name = new TextDecoder().decode(content.subarray(central + 46, central + 46 + nameLength));
  if (name !== 'metadata.json' || view.getUint16(central + 10, true) !== 0) {
    throw new HalfError('The file has no plain metadata.json.');
  }
  return JSON.parse(new TextDecoder().decode(content.subarray(central - size, central)));
}
