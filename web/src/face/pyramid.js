/**
 * Square windows of a picture, turned and resized, as the networks of the face finder take them.
 *
 * Coordinates here are in pixels *edges*: the picture spans 0..width, 0..height.
 */

/**
 * @typedef {object} Window a square window.
 * @property {number} x of its centre.
 * @property {number} y of its centre.
 * @property {number} side
 * @property {number} angle by which it is turned, radians; 0 is upright.
 */

/** A picture and its halvings, so that any window is sampled from one that is at most twice too large. */
export class Pyramid {
  /** @param {{width: number, height: number, data: Uint8ClampedArray}} picture RGBA. */
  constructor(picture) {
    this.width = picture.width;
    this.height = picture.height;
    this.levels = [picture];
  }

  /**
   * @param {Window} window
   * @param {number} size of the result.
   * @param {number} low what black becomes.
   * @param {number} high what white becomes.
   * @returns {Float32Array} RGB, [size * size * 3]; black beyond the border.
   */
  sample({x, y, side, angle}, size, low, high) {
    const number = Math.max(0, Math.floor(Math.log2(side / size)));
    const {width, height, data} = this.level(number);
    const shrunk = 2 ** number;
    const [cos, sin] = [Math.cos(angle) * side / size / shrunk, Math.sin(angle) * side / size / shrunk];
    const scale = (high - low) / 255;
    const result = new Float32Array(size * size * 3).fill(low);
    let at = 0;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++, at += 3) {
        const [across, down] = [column + 0.5 - size / 2, row + 0.5 - size / 2];
        const fromX = x / shrunk + across * cos - down * sin - 0.5;
        const fromY = y / shrunk + across * sin + down * cos - 0.5;
        const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
        if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) continue;
        const [right, below] = [fromX - left, fromY - top];
        const from = (top * width + left) * 4;
        for (let channel = 0; channel < 3; channel++) {
          const upper = data[from + channel] * (1 - right) + data[from + 4 + channel] * right;
          const under = from + width * 4 + channel;
          const lower = data[under] * (1 - right) + data[under + 4] * right;
          result[at + channel] += scale * (upper * (1 - below) + lower * below);
        }
      }
    }
    return result;
  }

  /** The picture halved `number` times, or as often as its smaller side allows. */
  level(number) {
    while (this.levels.length <= number) this.levels.push(halve(this.levels.at(-1)));
    return this.levels[number];
  }
}

/** Means of 2×2 pixels; an odd last row or column is left out. */
function halve({width, height, data}) {
  const half = {width: Math.max(1, width >> 1), height: Math.max(1, height >> 1)};
  half.data = new Uint8ClampedArray(half.width * half.height * 4);
  const right = width > 1 ? 4 : 0;
  const below = height > 1 ? width * 4 : 0;
  for (let row = 0, to = 0; row < half.height; row++) {
    for (let column = 0; column < half.width; column++, to += 4) {
      const from = (2 * row * width + 2 * column) * 4;
      for (let channel = from; channel < from + 4; channel++) {
        half.data[to + channel - from] = (data[channel] + data[channel + right] + data[channel + below]
          + data[channel + right + below] + 2) >> 2;
      }
    }
  }
  return half;
}
