/** The camera: shown on request, one frame taken, then off again. */

import {pictureOf} from './picture_file.js';

const REFUSALS = {
  NotAllowedError: 'The camera was refused. Allow it in the browser\'s settings for this page, or open a file.',
  NotFoundError: 'No camera was found. Open a file instead.',
  NotReadableError: 'The camera is in use by another program. Close that, or open a file.',
};

export class Camera {
  /**
   * @param {(picture: HTMLCanvasElement) => void} onPicture gets the frame that was taken.
   * @param {(message: string) => void} onProblem
   */
  constructor(onPicture, onProblem) {
    this.onPicture = onPicture;
    this.onProblem = onProblem;
    this.panel = document.getElementById('camera');
    this.video = document.getElementById('camera-picture');
    this.facing = 'user';
    this.stream = null;
    document.getElementById('open-camera').addEventListener('click', () => this.open());
    document.getElementById('camera-take').addEventListener('click', () => this.take());
    document.getElementById('camera-close').addEventListener('click', () => this.close());
    document.getElementById('camera-turn').addEventListener('click', () => {
      this.facing = this.facing === 'user' ? 'environment' : 'user';
      this.open();
    });
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.close(); });
  }

  async open() {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) {
      this.onProblem('This page may not use the camera: browsers allow it over HTTPS and on localhost alone. '
        + 'Open a file.');
      return;
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: {facingMode: this.facing, width: {ideal: 1280}, height: {ideal: 960}}});
      this.video.srcObject = this.stream;
      this.video.classList.toggle('mirrored', this.facing === 'user');
      this.panel.hidden = false;
      await this.video.play();
      document.getElementById('camera-take').focus();
    } catch (error) {
      this.close();
      this.onProblem(REFUSALS[error.name] ?? `The camera did not start: ${error.message}. Open a file instead.`);
    }
  }

  take() {
    const {video} = this;
    if (!video.videoWidth) return; // The first frame is not there yet.
    const picture = pictureOf(video, video.videoWidth, video.videoHeight);
    this.close();
    this.onPicture(picture);
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.panel.hidden = true;
  }
}
