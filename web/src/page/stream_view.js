/** A stream as what it is: its facts, its bytes as a mosaic, a file to save. */

/** @param {import('../codec/bitstream.js').Header} header @param {number} bytes @param {string} model */
export function factsOf(header, bytes, model) {
  const rate = (8 * bytes / (header.width * header.height)).toFixed(2);
  return [
    ['Bytes', `${bytes.toLocaleString('en')}`],
    ['Bits per pixel', rate],
    ['Quality', `${header.quality} of 100`],
    ['Picture', `${header.width}×${header.height} pixels`],
    ['Model', model],
  ];
}

/**
 * Draws a square for each byte, light for small values, the header in the accent's colour.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} stream
 * @param {number} headerBytes
 */
export function drawBytes(canvas, stream, headerBytes) {
  const columns = 40;
  const cell = 8;
  canvas.width = columns * cell;
  canvas.height = Math.ceil(stream.length / columns) * cell;
  const context = canvas.getContext('2d');
  const style = getComputedStyle(canvas);
  stream.forEach((byte, index) => {
    context.globalAlpha = 0.12 + 0.88 * byte / 255;
    context.fillStyle = index < headerBytes ? style.getPropertyValue('--accent') : style.color;
    context.fillRect(index % columns * cell, Math.floor(index / columns) * cell, cell - 1, cell - 1);
  });
}

/** Hands the stream to the browser as a download. @param {Uint8Array} stream @param {string} name */
export function save(stream, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([stream], {type: 'application/octet-stream'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60e3);
}
