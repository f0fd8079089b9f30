/**
 * The best that another codec makes of a picture in so many bytes.
 *
 * A fair competitor shrinks the picture when that is better than a lower quality: of several sides, each at the
 * highest quality that fits, the one with the highest PSNR after enlarging wins.
 */

import {canvasOf, imageOf, pixelsOf, resized} from './canvas.js';
import {RIVALS} from './codecs.js';
import {pictureBytes} from './headers.js';
import {psnr} from './psnr.js';

const SHARES = [1, 0.85, 0.7, 0.6, 0.5, 0.42, 0.35, 0.28, 0.2, 0.14]; // Of the picture's side.

/**
 * @typedef {object} Attempt
 * @property {Uint8Array} file
 * @property {number} fileBytes all of it.
 * @property {number} pictureBytes without headers and tables.
 * @property {number} side that was coded, pixels.
 * @property {number} quality
 * @property {Uint8ClampedArray} pixels RGBA, [size * size * 4], enlarged to the picture's size.
 * @property {number} psnr dB against the picture.
 */

/** One codec on one square picture, with a memory of everything it has tried. */
export class Contest {
  /**
   * @param {string} name a key of `RIVALS`.
   * @param {Uint8Array} rgb the picture, [size * size * 3].
   * @param {number} size its side.
   */
  constructor(name, rgb, size) {
    this.codec = RIVALS[name];
    this.size = size;
    this.image = imageOf(rgb, size, size);
    this.original = canvasOf(this.image);
    this.canvases = new Map();
    this.files = new Map();
    this.attempts = new Map();
  }

  /**
   * @param {number} bytes the limit.
   * @param {boolean} headersCount whether headers and tables count.
   * @returns {Promise<Attempt | null>} null if nothing fits.
   * @throws {import('./codecs.js').UnavailableError}
   */
  async within(bytes, headersCount) {
    const drafts = [];
    for (const share of SHARES) {
      const side = Math.round(this.size * share);
      const quality = await this.highest(side, bytes, headersCount, true);
      if (quality !== null) drafts.push(await this.attempt(side, quality, true));
    }
    drafts.sort((one, other) => other.psnr - one.psnr);
    for (const {side} of drafts) {
      const quality = await this.highest(side, bytes, headersCount, false);
      if (quality !== null) return this.attempt(side, quality, false);
    }
    return null;
  }

  /** The highest quality that fits, by bisection; null if none does. */
  async highest(side, bytes, headersCount, draft) {
    let [low, high] = [-1, this.codec.best];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const file = await this.file(side, middle, draft);
      if ((headersCount ? file.length : pictureBytes(file)) <= bytes) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? null : low;
  }

  async file(side, quality, draft) {
    return remembered(this.files, `${side} ${quality} ${draft}`, () => (
      this.codec.encode(remembered(this.canvases, side, () => resized(this.original, side)), quality, draft)));
  }

  async attempt(side, quality, draft) {
    return remembered(this.attempts, `${side} ${quality} ${draft}`, async () => {
      const file = await this.file(side, quality, draft);
      const bitmap = await createImageBitmap(new Blob([file], {type: this.codec.type}));
      const pixels = pixelsOf(resized(bitmap, this.size)).data;
      bitmap.close();
      return {file, fileBytes: file.length, pictureBytes: pictureBytes(file), side, quality, pixels,
        psnr: psnr(this.image.data, pixels)};
    });
  }
}

function remembered(memory, key, make) {
  if (!memory.has(key)) memory.set(key, make());
  return memory.get(key);
}
