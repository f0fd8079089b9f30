/**
 * The codecs to compare with, each through a real encoder.
 *
 * JPEG and WebP are the browser's own, without the colour profile that it may add. AVIF is libaom at speed 6 (jSquash),
 * 4:2:0, as in `tf_ipr_evaluate`.
 */

import avifFactory from '@jsquash/avif/codec/enc/avif_enc.js';

import {fetchAsset} from '../assets.js';
import {pixelsOf} from './canvas.js';
import {stripped} from './headers.js';

/** A codec that this browser does not have. */
export class UnavailableError extends Error {
  name = 'UnavailableError';
}

/**
 * @typedef {object} Rival
 * @property {string} type MIME type of its files.
 * @property {number} best highest quality; the lowest is 0.
 * @property {(canvas: OffscreenCanvas, quality: number, draft: boolean) => Promise<Uint8Array>} encode canvas to
 *     file. A draft may be made faster and worse: it is for choosing a size.
 */

/** @type {Record<string, Rival>} */
export const RIVALS = {
  JPEG: {type: 'image/jpeg', best: 100, encode: (canvas, quality) => byBrowser(canvas, 'image/jpeg', quality)},
  // 100 would be lossless, another codec.
  WebP: {type: 'image/webp', best: 99, encode: (canvas, quality) => byBrowser(canvas, 'image/webp', quality)},
  AVIF: {type: 'image/avif', best: 99, encode: avif},
};

async function byBrowser(canvas, type, quality) {
  const blob = await canvas.convertToBlob({type, quality: quality / 100});
  if (blob.type !== type) throw new UnavailableError(`This browser writes no ${type.slice(6).toUpperCase()} files.`);
  return stripped(new Uint8Array(await blob.arrayBuffer()));
}

const AVIF_OPTIONS = {qualityAlpha: -1, denoiseLevel: 0, tileColsLog2: 0, tileRowsLog2: 0, subsample: 1,
  chromaDeltaQ: false, sharpness: 0, tune: 0, enableSharpYUV: false, bitDepth: 8, lossless: false};
const SPEED = 6;
const DRAFT_SPEED = 9; // Twenty times as fast, files a tenth larger.

let avifModule;

async function avif(canvas, quality, draft) {
  avifModule ??= fetchAsset('avif_enc.wasm').then((wasmBinary) => avifFactory({noInitialRun: true, wasmBinary,
    locateFile: (file) => file}));
  const encoder = await avifModule;
  const file = encoder.encode(new Uint8Array(pixelsOf(canvas).data.buffer), canvas.width, canvas.height,
    {...AVIF_OPTIONS, quality, speed: draft ? DRAFT_SPEED : SPEED});
  if (!file) throw new Error('AVIF could not code this picture.');
  return file.slice();
}
