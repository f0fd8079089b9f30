/**
 * What of an image file is not the picture.
 *
 * `stripped` leaves out what nobody needs, as an optimiser of files would; `pictureBytes` counts what would be left if
 * a product fixed headers and tables in advance:
 *
 * | file | stripped of | not counted as picture |
 * |---|---|---|
 * | JPEG | APPn, COM (colour profile, JFIF) | also quantisation and Huffman tables, start and end |
 * | WebP | all chunks but `VP8 ` | also the headers of file and chunk |
 * | AVIF | nothing | all boxes but the payload of `mdat` |
 */

const TABLES = [0xdb, 0xc4]; // DQT, DHT.

/**
 * @param {Uint8Array} file a whole JPEG, WebP or AVIF file.
 * @returns {Uint8Array} a file of the same pixels.
 */
export function stripped(file) {
  if (isJpeg(file)) {
    const {segments, scan} = jpegParts(file);
    const needed = segments.filter(({marker}) => !isComment(marker));
    return joined([file.subarray(0, 2), ...needed.map(({bytes}) => bytes), scan]);
  }
  if (text(file, 0) !== 'RIFF') return file;
  const {start, size} = riffPayload(file);
  const chunk = file.slice(start - 8, start + size + size % 2);
  const header = file.slice(0, 12);
  new DataView(header.buffer).setUint32(4, chunk.length + 4, true);
  return joined([header, chunk]);
}

/**
 * @param {Uint8Array} file a stripped file.
 * @returns {number}
 */
export function pictureBytes(file) {
  if (isJpeg(file)) {
    const {segments} = jpegParts(file);
    return segments.filter(({marker}) => TABLES.includes(marker))
      .reduce((left, {bytes}) => left - bytes.length, file.length - 4);
  }
  if (text(file, 0) === 'RIFF') return riffPayload(file).size;
  return boxPayload(file);
}

function isJpeg(file) {
  return file[0] === 0xff && file[1] === 0xd8;
}

function isComment(marker) {
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

/** The segments before the scan (FF, marker, 16-bit length, itself included), and the scan with all behind it. */
function jpegParts(file) {
  const segments = [];
  let at = 2;
  while (file[at + 1] !== 0xda) {
    const end = at + 2 + file[at + 2] * 256 + file[at + 3];
    segments.push({marker: file[at + 1], bytes: file.subarray(at, end)});
    at = end;
  }
  return {segments, scan: file.subarray(at)};
}

/** Where the lossy picture of a WebP file begins, and its bytes. */
function riffPayload(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = 12;
  while (text(file, at) !== 'VP8 ') {
    const size = view.getUint32(at + 4, true);
    at += 8 + size + size % 2;
  }
  return {start: at + 8, size: view.getUint32(at + 4, true)};
}

/** ISO/IEC 14496-12, 4.2: 32-bit size (0: up to the end), type. */
function boxPayload(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = 0;
  while (text(file, at + 4) !== 'mdat') at += view.getUint32(at);
  return (view.getUint32(at) || file.length - at) - 8;
}

function text(file, at) {
  if (at + 4 > file.length) throw new RangeError('The file ends before its picture.');
  return String.fromCharCode(...file.subarray(at, at + 4));
}

function joined(parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
