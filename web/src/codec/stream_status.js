/**
 * Why `decoder.tflite` decoded nothing, in words.
 *
 * The numbers are those of `tf_ipr/format/stream_status.py`; they are part of the file's interface and
 * never change their meaning.
 */

export const OK = 0;

const MESSAGES = [
  'Decoded.',
  'The stream is empty (0 bytes).',
  'The stream does not start with 0xfb; it is something else.',
  'The stream ends within the header; it was truncated.',
  'The stream has another major format version; use a matching release.',
  'The header declares a quality outside of 1..100.',
  'A size in the header is written with superfluous bytes or takes more than 4.',
  'The stream declares more pixels than this decoder accepts.',
  'The stream ends within the lane states; it was truncated.',
  'The padding bits behind the lane states are not zero.',
  'The stream ends within a 16-bit word; it was truncated or extended.',
  'The stream was made with another model.',
  'The stream has more words than symbols; it was extended.',
  "The batch is beyond the decoder's limit.",
  'The stream fails its integrity check; fetch it again.',
  'The picture is no aligned face crop.',
];

/**
 * @param {number} status from the decoder.
 * @returns {string} a sentence.
 */
export function messageOf(status) {
  return MESSAGES[status] ?? `The decoder answered with status ${status}, which this page does not know.`;
}
