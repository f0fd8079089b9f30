/** A network of one picture in, float32 numbers out, by LiteRT.js. */

import {Tensor, loadAndCompile} from '@litertjs/core';

export class Network {
  /** @param {Uint8Array} content of a TFLite file. */
  static async load(content) {
    return new Network(await loadAndCompile(content, {accelerator: 'wasm'}));
  }

  constructor(model) {
    this.model = model;
    const [input] = model.getInputDetails();
    this.shape = [...input.shape];
    /** Side of the square that the network sees, pixels. */
    this.size = this.shape[1];
  }

  /**
   * @param {Float32Array} pixels [size * size * 3].
   * @returns {Promise<Float32Array[]>} its outputs.
   */
  async run(pixels) {
    const input = new Tensor(pixels, this.shape);
    const outputs = await this.model.run([input]);
    input.delete();
    return outputs.map((tensor) => {
      const values = tensor.toTypedArray().slice();
      tensor.delete();
      return values;
    });
  }
}
