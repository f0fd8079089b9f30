/** Pictures on an OffscreenCanvas: from and to RGB, resizing, files of the browser's own encoders. */

/**
 * @param {Uint8Array} rgb [width * height * 3].
 * @param {number} width
 * @param {number} height
 * @returns {ImageData}
 */
export function imageOf(rgb, width, height) {
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    image.data[to] = rgb[from];
    image.data[to + 1] = rgb[from + 1];
    image.data[to + 2] = rgb[from + 2];
    image.data[to + 3] = 255;
  }
  return image;
}

/** @param {ImageData} image @returns {OffscreenCanvas} that shows it. */
export function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {CanvasImageSource} source
 * @param {number} side of the square result, pixels.
 * @returns {OffscreenCanvas} resized with the browser's best filter.
 */
export function resized(source, side) {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, side, side);
  return canvas;
}

/** @returns {ImageData} what a canvas shows. */
export function pixelsOf(canvas) {
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
}
