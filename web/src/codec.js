/**
 * The codec as a module: what the page uses, and what another page may import.
 *
 *     import {openCodec} from './codec.js';
 *     const codec = await openCodec();
 *     const stream = await codec.encodeWithin(crop, 500);
 *     const {image, header} = await codec.decode(stream);
 */

import names from './shipped_models.json';
import {connect} from './remote.js';

/**
 * Starts the worker and loads all models.
 *
 * @returns {Promise<Codec>}
 * @throws {import('./remote.js').RemoteError} a file is missing, or the browser cannot run it.
 */
export async function openCodec() {
  const call = connect(new URL('codec_worker.js', import.meta.url));
  return new Codec(call, await call('start', names));
}

/** A codec of aligned faces, at work in a worker. Calls are answered in their order. */
export class Codec {
  constructor(call, {model, modelId, size}) {
    this.call = call;
    /** Name and id of the model. */
    this.model = model;
    this.modelId = modelId;
    /** Side of a crop in pixels. */
    this.size = size;
  }

  /**
   * @param {ImageData} image the picture that `findFace` and `align` look at from now on.
   * @returns {Promise<void>}
   */
  setPicture(image) {
    return this.call('setPicture', image);
  }

  /** @returns {Promise<import('./face/finder.js').FoundFace | null>} the face that the picture is about. */
  findFace() {
    return this.call('findFace');
  }

  /**
   * @param {number[][]} landmarks [5][2], (x, y) in pixels: left eye, right eye, nose, left and right corner of
   *     the mouth, as seen in the picture.
   * @returns {Promise<Uint8Array>} the aligned crop, RGB, [size * size * 3].
   */
  align(landmarks) {
    return this.call('align', landmarks);
  }

  /**
   * @param {Uint8Array} crop RGB, [size * size * 3].
   * @param {number} quality 1..100.
   * @returns {Promise<Uint8Array>} the stream.
   */
  encode(crop, quality) {
    return this.call('encode', crop, quality);
  }

  /** As `encode`, at the highest quality of at most `maxBytes`; rejects with TooFewBytesError. */
  encodeWithin(crop, maxBytes) {
    return this.call('encodeWithin', crop, maxBytes);
  }

  /**
   * @param {Uint8Array} stream
   * @returns {Promise<{image: Uint8Array, header: import('./codec/bitstream.js').Header}>} RGB pixels; rejects
   *     with BitstreamError.
   */
  decode(stream) {
    return this.call('decode', stream);
  }
}
