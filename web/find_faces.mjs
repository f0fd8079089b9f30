/**
 * The landmarks that the page finds: node find_faces.mjs LIST [FOLDER]
 *
 * LIST names a picture file on each line. Prints for each a line of JSON: five points [x, y] in pixels, or null.
 */

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {openBrowser, openCodecPage} from './browser.mjs';

const [list, folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'dist')] = process.argv.slice(2);
const files = (await readFile(list, 'utf8')).split('\n').filter(Boolean);
const {browser, url, close} = await openBrowser(folder);
const page = await openCodecPage(browser, url);
for (const file of files) {
  const landmarks = await page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([bytesOf(base64)]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    await codec.setPicture(context.getImageData(0, 0, bitmap.width, bitmap.height));
    return (await codec.findFace())?.landmarks ?? null;
  }, (await readFile(file)).toString('base64'));
  console.log(JSON.stringify(landmarks));
}
await close();
