/**
 * Faces in a picture, by MediaPipe's short-range face detector (BlazeFace, Bazarevsky et al. 2019).
 *
 * The network sees 128×128 pixels and answers for 896 anchors with a score, a box and six points; eyes give the
 * turn of the head. It finds faces from about a tenth of the window's side on.
 */

import {Network} from './network.js';

const ANCHORS = anchors();
const VALUES = 16; // Of an anchor: centre x, y, width, height, then six points.
const MIN_SCORE = 0.5;
const MAX_OVERLAP = 0.3;

/**
 * @typedef {object} Detection
 * @property {number} score 0..1.
 * @property {number} x of the box's centre, edge coordinates of the picture.
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number[][]} eyes [2][2], (x, y), left and right as seen in the picture.
 */

export class Detector {
  /** @param {Uint8Array} content of face_detection_short_range.tflite. */
  static async load(content) {
    return new Detector(await Network.load(content));
  }

  constructor(network) {
    this.network = network;
  }

  /**
   * Looks at the whole picture, and where that shows no face, at nine overlapping windows of half the side.
   *
   * @param {import('./pyramid.js').Pyramid} pyramid
   * @returns {Promise<Detection[]>} the best first.
   */
  async find(pyramid) {
    const {width, height} = pyramid;
    const side = Math.max(width, height);
    const found = await this.look(pyramid, {x: width / 2, y: height / 2, side, angle: 0});
    if (found.length) return found;
    for (const across of [1, 2, 3]) {
      for (const down of [1, 2, 3]) {
        const window = {x: across * width / 4, y: down * height / 4, side: side / 2, angle: 0};
        found.push(...await this.look(pyramid, window));
      }
    }
    return withoutOverlaps(found);
  }

  /** The faces in an upright window. */
  async look(pyramid, window) {
    const {size} = this.network;
    const outputs = await this.network.run(pyramid.sample(window, size, -1, 1));
    const scores = outputs.find((output) => output.length === ANCHORS.length);
    const values = outputs.find((output) => output.length === ANCHORS.length * VALUES);
    const detections = [];
    ANCHORS.forEach(([anchorX, anchorY], index) => {
      const score = 1 / (1 + Math.exp(-scores[index]));
      if (score < MIN_SCORE) return;
      const at = (offset) => values[index * VALUES + offset] / size;
      const x = (offset) => window.x + (at(offset) + anchorX - 0.5) * window.side;
      const y = (offset) => window.y + (at(offset) + anchorY - 0.5) * window.side;
      detections.push({
        score, x: x(0), y: y(1), width: at(2) * window.side, height: at(3) * window.side,
        eyes: [[x(4), y(5)], [x(6), y(7)]],
      });
    });
    return withoutOverlaps(detections);
  }
}

/** Greedy suppression: of boxes that overlap, the one with the best score. */
function withoutOverlaps(detections) {
  const kept = [];
  for (const detection of detections.sort((one, other) => other.score - one.score)) {
    if (kept.every((better) => overlap(detection, better) <= MAX_OVERLAP)) kept.push(detection);
  }
  return kept;
}

/** Intersection over union. */
function overlap(one, other) {
  const both = common(one.x, one.width, other.x, other.width) * common(one.y, one.height, other.y, other.height);
  return both / (one.width * one.height + other.width * other.height - both);
}

/** What two stretches, each given by middle and length, have in common. */
function common(middle, length, otherMiddle, otherLength) {
  return Math.max(0, Math.min(middle + length / 2, otherMiddle + otherLength / 2)
    - Math.max(middle - length / 2, otherMiddle - otherLength / 2));
}

/** Centres in 0..1: two anchors in each cell of 16×16, six in each of 8×8. */
function anchors() {
  const centres = [];
  for (const [cells, count] of [[16, 2], [8, 6]]) {
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        for (let copy = 0; copy < count; copy++) centres.push([(column + 0.5) / cells, (row + 0.5) / cells]);
      }
    }
  }
  return centres;
}
