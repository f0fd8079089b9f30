/** Files and camera frames as pictures of at most some megapixels. */

const MOST_PIXELS = 4e6; // What a phone takes with ease; a face of 112 pixels needs far fewer.

/** A file that this browser cannot open as a picture. */
export class PictureError extends Error {
  name = 'PictureError';
}

/**
 * @param {Blob} blob a file; its EXIF orientation is honoured, what is transparent becomes white, as in Python.
 * @param {string} name for messages.
 * @returns {Promise<HTMLCanvasElement>} that shows it.
 * @throws {PictureError}
 */
export async function readPicture(blob, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    throw new PictureError(`${name} is no picture that this browser can open. Give a JPEG, PNG, WebP or AVIF file, `
      + 'or a stream saved here (.ipr).');
  }
  const canvas = pictureOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return canvas;
}

/**
 * @param {CanvasImageSource} source
 * @param {number} width its own.
 * @param {number} height its own.
 * @returns {HTMLCanvasElement} the picture, shrunk to at most `MOST_PIXELS`.
 */
export function pictureOf(source, width, height) {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
