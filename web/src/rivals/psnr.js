/**
 * Peak signal-to-noise ratio over the three colours, in dB.
 *
 * @param {Uint8ClampedArray} one RGBA.
 * @param {Uint8ClampedArray} other RGBA, as many; alpha is ignored.
 * @returns {number} infinite where they are equal.
 */
export function psnr(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at++) {
    if (at % 4 !== 3) sum += (one[at] - other[at]) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / (one.length * 3 / 4)));
}
