/**
 * Choosing a quality by size: the search of `tf_ipr/runtime/rate_choice.py`, step by step, so that
 * browser and Python choose the same stream.
 *
 * The size grows with the quality, but not strictly: a step may save a byte. So a bisection finds the
 * neighbourhood, and real streams decide.
 */

export const FIRST_STEP = 2; // Twice the lowest quality.
export const LAST_STEP = 200; // Twice the highest.

/** Even the lowest quality takes more bytes than were allowed. */
export class TooFewBytesError extends Error {
  name = 'TooFewBytesError';
}

/**
 * The stream of the highest quality that has at most `maxBytes` bytes.
 *
 * @param {number} maxBytes from 1.
 * @param {(step: number) => Promise<Uint8Array>} encode twice a quality -> stream; called more than once
 *     with the same step, so it should remember.
 * @returns {Promise<Uint8Array>}
 * @throws {TooFewBytesError}
 */
export async function largestWithin(maxBytes, encode) {
  let low = FIRST_STEP;
  let high = LAST_STEP;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((await encode(middle)).length <= maxBytes) low = middle;
    else high = middle - 1;
  }
  let step = low;
  let stream = await encode(step);
  if (stream.length > maxBytes) {
    throw new TooFewBytesError(`The lowest quality takes ${stream.length} bytes; ${maxBytes} are too few.`);
  }
  while (step < LAST_STEP) { // The bisection may have met a size out of order.
    const larger = await encode(step + 1);
    if (larger.length > maxBytes) break;
    stream = larger;
    step += 1;
  }
  return stream;
}
