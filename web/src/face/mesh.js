/**
 * 468 points of a face, by MediaPipe's face mesh (Kartynnik et al. 2019).
 */

import {Network} from './network.js';

const COORDINATES = 3; // x, y and depth of each point.
const MARGIN = 1.5; // The network wants the face with so much around it.

export class Mesh {
  /** @param {Uint8Array} content of face_landmark.tflite. */
  static async load(content) {
    return new Mesh(await Network.load(content));
  }

  constructor(network) {
    this.network = network;
  }

  /**
   * @param {import('./pyramid.js').Pyramid} pyramid
   * @param {import('./detector.js').Detection} detection
   * @returns {Promise<{points: number[][], score: number}>} [468][2], edge coordinates; how sure the network is
   *     that this is a face, 0..1.
   */
  async find(pyramid, detection) {
    const window = windowOf(detection);
    const {size} = this.network;
    const [one, other] = await this.network.run(pyramid.sample(window, size, 0, 1));
    const [values, [logit]] = one.length > 1 ? [one, other] : [other, one];
    const [cos, sin] = [Math.cos(window.angle), Math.sin(window.angle)].map((value) => value * window.side / size);
    const points = [];
    for (let at = 0; at < values.length; at += COORDINATES) {
      const [across, down] = [values[at] - size / 2, values[at + 1] - size / 2];
      points.push([window.x + across * cos - down * sin, window.y + across * sin + down * cos]);
    }
    return {points, score: 1 / (1 + Math.exp(-logit))};
  }
}

/** The window around a face, turned so that the eyes lie level in it. */
function windowOf({x, y, width, height, eyes: [[leftX, leftY], [rightX, rightY]]}) {
  return {x, y, side: MARGIN * Math.max(width, height), angle: Math.atan2(rightY - leftY, rightX - leftX)};
}
