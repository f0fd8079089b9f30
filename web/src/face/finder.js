/** The face that a picture is about, as the five points of the template. */

import {Detector} from './detector.js';
import {Mesh} from './mesh.js';
import {Pyramid} from './pyramid.js';

const MIN_SCORE = 0.5;

// Means of points of the mesh, those that come nearest to mtcnn's points, with which the models were trained: both
// corners of an eye and the middle of its upper lid; above and below the tip of the nose; the corners of the mouth.
const FIVE = [[33, 133, 159], [362, 263, 386], [5, 2], [61], [291]];

/**
 * @typedef {object} FoundFace
 * @property {number[][]} landmarks [5][2], (x, y) in pixels with pixel centres at integers.
 * @property {number} score 0..1.
 * @property {number} others how many more faces the detector saw.
 */

export class FaceFinder {
  /** @param {Uint8Array} detector file content. @param {Uint8Array} mesh file content. */
  static async load(detector, mesh) {
    return new FaceFinder(await Detector.load(detector), await Mesh.load(mesh));
  }

  constructor(detector, mesh) {
    this.detector = detector;
    this.mesh = mesh;
  }

  /**
   * @param {{width: number, height: number, data: Uint8ClampedArray}} picture RGBA.
   * @returns {Promise<FoundFace | null>} the face that is large and central; null if there is none.
   */
  async find(picture) {
    const pyramid = new Pyramid(picture);
    const detections = await this.detector.find(pyramid);
    const best = mainFace(detections, picture);
    if (!best) return null;
    const {points, score} = await this.mesh.find(pyramid, best);
    if (score < MIN_SCORE) return null;
    return {landmarks: fivePoints(points), score, others: detections.length - 1};
  }
}

/** Maximises area - 2 · distance², the rule of `tf_ipr/faces/detection.py`. */
function mainFace(detections, {width, height}) {
  const merit = (face) => face.width * face.height - 2 * ((face.x - width / 2) ** 2 + (face.y - height / 2) ** 2);
  return detections.reduce((best, face) => (!best || merit(face) > merit(best) ? face : best), null);
}

/** Edge coordinates become those of pixel centres. */
function fivePoints(points) {
  return FIVE.map((indices) => [0, 1].map((axis) => (
    indices.reduce((sum, index) => sum + points[index][axis], 0) / indices.length - 0.5)));
}
