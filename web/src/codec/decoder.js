/** `decoder.tflite`: stream in, pixels out. */

import {BitstreamError, parseHeader} from './bitstream.js';
import {Half} from './half.js';
import {OK, messageOf} from './stream_status.js';

/** A decoder file, ready to run. */
export class Decoder {
  /**
   * @param {Uint8Array} content of decoder.tflite.
   * @param {Record<string, string>} names of the shipped models by their ids, for messages.
   */
  static async load(content, names) {
    return new Decoder(await Half.load(content, 'decoder'), names);
  }

  constructor(half, names) {
    this.half = half;
    this.names = names;
  }

  /**
   * @param {Uint8Array} stream the whole stream.
   * @returns {Promise<{image: Uint8Array, header: import('./bitstream.js').Header}>} RGB, [height * width * 3].
   * @throws {BitstreamError} the stream is damaged, foreign, or of another model or size. A stream that fails
   *     the final check gives this error, never a picture.
   */
  async decode(stream) {
    const header = parseHeader(stream);
    const {modelId, width, height} = this.half;
    if (header.modelId !== modelId) {
      throw new BitstreamError(`The stream was made with model ${this.nameOf(header.modelId)}; this page holds `
        + `model ${this.nameOf(modelId)}. Decode it with tf_ipr_decompress.`);
    }
    if (header.width !== width || header.height !== height) {
      throw new BitstreamError(`The stream declares ${header.width}×${header.height} pixels; this model knows `
        + `${width}×${height} alone. It is damaged.`);
    }
    const room = this.half.lengthOf('stream');
    if (stream.length > room) {
      throw new BitstreamError(`The stream has ${stream.length} bytes; those of this size have ${room} at most. `
        + 'It was extended.');
    }
    const buffer = new Uint8Array(room);
    buffer.set(stream);
    const result = await this.half.run({stream: buffer, length: [stream.length]});
    if (result.status[0] !== OK) {
      throw new BitstreamError(`The stream of ${stream.length} bytes cannot be decoded: `
        + messageOf(result.status[0]));
    }
    return {image: result.image, header};
  }

  /** "lfw_l2_ip (0a1b2c3d)" if the model is shipped, else its id. */
  nameOf(modelId) {
    const name = this.names[modelId];
    return name ? `${name} (${modelId})` : modelId;
  }
}
