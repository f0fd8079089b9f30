/**
 * The header of a stream; `docs/bitstream.md` specifies it to the bit.
 *
 * Only what a page has to say before, or instead of, decoding: whether these bytes are a stream, of which
 * model and of which size. Everything behind the header is the decoder's business.
 */

export const MAGIC = 0xfb;
const MAJOR = 1;
const MIN_SIDE = 16;
const FIXED_BYTES = 7; // Header bytes before the sizes.

/** A stream that cannot be decoded; the message says why. */
export class BitstreamError extends Error {
  name = 'BitstreamError';
}

/**
 * @typedef {object} Header
 * @property {number} width pixels, from 16.
 * @property {number} height pixels, from 16.
 * @property {number} quality 1..100 in steps of 0.5.
 * @property {string} modelId 8 lower-case hexadecimal digits.
 * @property {number} length bytes of the header, 9..15.
 */

/**
 * Reads the header of a stream; damage behind it is not noticed.
 *
 * @param {Uint8Array} data the whole stream, or anything else.
 * @returns {Header}
 * @throws {BitstreamError} there is no header.
 */
export function parseHeader(data) {
  if (!data.length) throw new BitstreamError('The stream is empty (0 bytes).');
  if (data[0] !== MAGIC) {
    throw new BitstreamError(`The stream starts with byte 0x${hex(data[0])}; streams of this codec start with `
      + `0x${hex(MAGIC)}. It is something else.`);
  }
  if (data.length < FIXED_BYTES) throw truncated(data, 'header');
  if (data[1] >> 4 !== MAJOR) {
    throw new BitstreamError(`The stream has format version ${data[1] >> 4}.${data[1] & 15}; this page reads `
      + `${MAJOR}.x. Use a matching release.`);
  }
  if (data[6] < 2 || data[6] > 200) {
    throw new BitstreamError(`The stream declares quality ${data[6] / 2}; allowed: 1..100.`);
  }
  const width = varint(data, FIXED_BYTES, 'width');
  const height = varint(data, width.end, 'height');
  return {
    width: width.value + MIN_SIDE,
    height: height.value + MIN_SIDE,
    quality: data[6] / 2,
    modelId: [...data.subarray(2, 6)].map(hex).join(''),
    length: height.end,
  };
}

/** LEB128: groups of 7 bits, lowest first; the top bit says that another group follows. */
function varint(data, start, name) {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    if (start + index >= data.length) throw truncated(data, `${name} in the header`);
    const byte = data[start + index];
    value |= (byte & 127) << (7 * index);
    if (byte < 128) {
      if (byte === 0 && index > 0) {
        throw new BitstreamError(`The ${name} in the header is written with superfluous bytes.`);
      }
      return {value, end: start + index + 1};
    }
  }
  throw new BitstreamError(`The ${name} in the header takes more than 4 bytes.`);
}

function truncated(data, where) {
  return new BitstreamError(`The stream of ${data.length} bytes ends within the ${where}; it was truncated.`);
}

function hex(byte) {
  return byte.toString(16).padStart(2, '0');
}
