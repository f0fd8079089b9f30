/** `encoder.tflite`: pixels in, stream out. */

import {Half} from './half.js';
import {largestWithin} from './rate_choice.js';

/** An encoder file, ready to run, with a memory of the streams of the last picture. */
export class Encoder {
  /** @param {Uint8Array} content of encoder.tflite. */
  static async load(content) {
    return new Encoder(await Half.load(content, 'encoder'));
  }

  constructor(half) {
    this.half = half;
    this.image = null;
    this.streams = new Map(); // Of `this.image`, by twice the quality.
  }

  /**
   * @param {Uint8Array} image RGB, [height * width * 3].
   * @param {number} quality 1 (fewest bytes) to 100, in effect in steps of a half.
   * @returns {Promise<Uint8Array>} the stream.
   */
  async encode(image, quality) {
    if (!(quality >= 1 && quality <= 100)) throw new RangeError(`quality is ${quality}; it must be in 1..100.`);
    const {width, height} = this.half;
    if (image.length !== width * height * 3) {
      throw new RangeError(`The picture has ${image.length} numbers; ${width}×${height} pixels of 3 are needed.`);
    }
    this.remember(image);
    const step = Math.round(2 * quality);
    if (!this.streams.has(step)) {
      const result = await this.half.run({image, quality: [step / 2]});
      this.streams.set(step, result.stream.slice(0, result.length[0]));
    }
    return this.streams.get(step);
  }

  /**
   * @param {Uint8Array} image RGB.
   * @param {number} maxBytes the stream has at most so many.
   * @returns {Promise<Uint8Array>} the stream of the highest quality that fits.
   * @throws {TooFewBytesError}
   */
  encodeWithin(image, maxBytes) {
    return largestWithin(maxBytes, (step) => this.encode(image, step / 2));
  }

  /** Forgets the streams of another picture. */
  remember(image) {
    if (this.image && image.every((value, index) => value === this.image[index])) return;
    this.image = image.slice();
    this.streams = new Map();
  }
}
