/** The worker that holds everything LiteRT.js runs: both halves of the codec and the face finder. */

import {fetchAsset} from './assets.js';
import {Decoder} from './codec/decoder.js';
import {Encoder} from './codec/encoder.js';
import {startLiteRt} from './codec/litert.js';
import {align} from './face/alignment.js';
import {FaceFinder} from './face/finder.js';
import {serve} from './remote.js';

let encoder;
let decoder;
let finder;
let picture;

serve({
  /** Loads everything. @param {Record<string, string>} names of the shipped models by their ids. */
  async start(names) {
    const files = ['encoder.tflite', 'decoder.tflite', 'face_detection.tflite', 'face_landmark.tflite'];
    const [, ...contents] = await Promise.all([startLiteRt(), ...files.map((file) => fetchAsset(`models/${file}`))]);
    encoder = await Encoder.load(contents[0]);
    decoder = await Decoder.load(contents[1], names);
    finder = await FaceFinder.load(contents[2], contents[3]);
    return {modelId: encoder.half.modelId, model: decoder.nameOf(encoder.half.modelId), size: encoder.half.width};
  },

  /** @param {ImageData} image the picture that `findFace` and `align` look at from now on. */
  setPicture(image) {
    picture = image;
  },

  /** @returns {Promise<import('./face/finder.js').FoundFace | null>} */
  findFace() {
    return finder.find(picture);
  },

  /** @param {number[][]} landmarks [5][2] in pixels of the picture. @returns {Uint8Array} RGB crop. */
  align(landmarks) {
    return align(picture, landmarks);
  },

  /** @see Encoder.encode */
  encode(image, quality) {
    return encoder.encode(image, quality);
  },

  /** @see Encoder.encodeWithin */
  encodeWithin(image, maxBytes) {
    return encoder.encodeWithin(image, maxBytes);
  },

  /** @see Decoder.decode */
  decode(stream) {
    return decoder.decode(stream);
  },
});
