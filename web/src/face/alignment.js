/**
 * A face by its five landmarks, cut out so that they come to lie on a recogniser's template.
 *
 * The same crop as `tf_ipr/runtime/alignment.py`, within a grey level. Coordinates are (x, y) in pixels with
 * pixel centres at integers.
 */

export const SIZE = 112;

/**
 * The five-point template of ArcFace in a 112×112 crop: left eye, right eye, nose, left and right corner of
 * the mouth, as seen in the picture (InsightFace, `face_align.py`; Deng et al., CVPR 2019).
 */
export const TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
].map((point) => point.map(Math.fround));

// Below this reduction bilinear sampling alone shows no aliasing worth a blurrier picture.
const SHARP_REDUCTION = 2;
const MOST_TIMES_LARGER = 16;

/**
 * Cuts out an aligned face. A face that is more than twice as large as in the crop is cut out at a multiple
 * of the size first and then shrunk with an anti-aliasing filter. Outside of the picture lies black.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture RGBA; alpha is ignored.
 * @param {number[][]} landmarks [5][2]; they may lie outside of the picture.
 * @returns {Uint8Array} RGB, [112 * 112 * 3].
 * @throws {RangeError} landmarks that are not five finite points, or all in one place.
 */
export function align(picture, landmarks) {
  if (landmarks.length !== 5 || !landmarks.flat().every(Number.isFinite)) {
    throw new RangeError('Five finite points are needed.');
  }
  if (landmarks.every(([x, y]) => x === landmarks[0][0] && y === landmarks[0][1])) {
    throw new RangeError('The five points all lie in one place; put them on the face.');
  }
  const {a, b} = similarity(landmarks, TEMPLATE);
  const reduction = 1 / Math.max(Math.hypot(a, b), 1e-6);
  let pixels;
  if (reduction <= SHARP_REDUCTION) {
    pixels = warp(picture, similarity(landmarks, TEMPLATE), SIZE);
  } else {
    const times = Math.min(Math.ceil(reduction - 1e-3), MOST_TIMES_LARGER);
    const larger = warp(picture, similarity(landmarks, scalePoints(TEMPLATE, times)), SIZE * times);
    pixels = shrink(larger, SIZE * times, SIZE);
  }
  return Uint8Array.from(pixels, toByte);
}

/**
 * The least-squares similarity (Umeyama, PAMI 1991) that takes points to others: p goes to
 * [[a, -b], [b, a]]·p + (x, y).
 *
 * @param {number[][]} source [N][2], N ≥ 2.
 * @param {number[][]} target [N][2].
 * @returns {{a: number, b: number, x: number, y: number}}
 */
export function similarity(source, target) {
  const [px, py] = centre(source);
  const [qx, qy] = centre(target);
  let power = Number.MIN_VALUE;
  let a = 0;
  let b = 0;
  source.forEach(([sx, sy], index) => {
    const [p0, p1, q0, q1] = [sx - px, sy - py, target[index][0] - qx, target[index][1] - qy];
    power += p0 * p0 + p1 * p1;
    a += p0 * q0 + p1 * q1;
    b += p0 * q1 - p1 * q0;
  });
  a /= power;
  b /= power;
  return {a, b, x: qx - (a * px - b * py), y: qy - (b * px + a * py)};
}

/** Moves a point by a similarity. */
export function move({a, b, x, y}, [px, py]) {
  return [a * px - b * py + x, b * px + a * py + y];
}

/** Undoes `move`. */
export function moveBack({a, b, x, y}, [qx, qy]) {
  const power = a * a + b * b;
  return [(a * (qx - x) + b * (qy - y)) / power, (a * (qy - y) - b * (qx - x)) / power];
}

/** Moves points as a resize moves the picture (which scales pixel *edges*). */
function scalePoints(points, factor) {
  return points.map((point) => point.map((value) => Math.fround((value + 0.5) * factor - 0.5)));
}

function centre(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

/** Bilinear crop, [size * size * 3]; beyond the border a sample is black. */
function warp(picture, matrix, size) {
  const result = new Float64Array(size * size * 3);
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++, at += 3) {
      const [x, y] = moveBack(matrix, [column, row]);
      if (!(x > -1 && x < picture.width && y > -1 && y < picture.height)) continue;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const [right, low] = [x - left, y - top];
      addPixel(result, at, picture, left, top, (1 - right) * (1 - low));
      addPixel(result, at, picture, left + 1, top, right * (1 - low));
      addPixel(result, at, picture, left, top + 1, (1 - right) * low);
      addPixel(result, at, picture, left + 1, top + 1, right * low);
    }
  }
  return result;
}

/** Adds the weighted pixel (x, y) to three numbers of `result`; nothing outside of the picture. */
function addPixel(result, at, {width, height, data}, x, y, weight) {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const from = (y * width + x) * 4;
  for (let channel = 0; channel < 3; channel++) result[at + channel] += data[from + channel] * weight;
}

/** Anti-aliased resize of a square, [length * length * 3] -> [size * size * 3]. */
function shrink(pixels, length, size) {
  const filter = triangleFilter(length, size);
  const rows = new Float64Array(size * length * 3);
  filter.forEach(({first, weights}, row) => {
    weights.forEach((weight, index) => {
      const from = (first + index) * length * 3;
      for (let at = 0; at < length * 3; at++) rows[row * length * 3 + at] += weight * pixels[from + at];
    });
  });
  const result = new Float64Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    filter.forEach(({first, weights}, column) => {
      weights.forEach((weight, index) => {
        const from = (row * length + first + index) * 3;
        for (let channel = 0; channel < 3; channel++) {
          result[(row * size + column) * 3 + channel] += weight * rows[from + channel];
        }
      });
    });
  }
  return result;
}

/** The weights of an anti-aliased linear resize: for each output where its inputs begin, and their weights. */
function triangleFilter(length, size) {
  const scale = Math.max(length / size, 1);
  return Array.from({length: size}, (_, index) => {
    const middle = (index + 0.5) * length / size;
    const first = Math.max(0, Math.floor(middle - scale));
    const last = Math.min(length, Math.ceil(middle + scale));
    const weights = Array.from({length: last - first}, (__, offset) => (
      Math.max(0, 1 - Math.abs(first + offset + 0.5 - middle) / scale)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return {first, weights: weights.map((weight) => Math.fround(weight / sum))};
  });
}

/** Rounds as NumPy does, halves to the even neighbour. */
function toByte(value) {
  const low = Math.floor(value);
  const rest = value - low;
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low;
  return Math.min(255, Math.max(0, rounded));
}
