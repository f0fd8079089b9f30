/**
 * Times in headless Chromium, by WebAssembly on one thread: node measure.mjs [FOLDER]
 *
 * The smallest and the middle of several runs, in milliseconds, as the page sees them: the way to the worker and
 * back is in them.
 */

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import os from 'node:os';

import {openBrowser, openCodecPage} from './browser.mjs';

const RUNS = 40;
const folder = process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), 'dist');

async function times(page) {
  return page.evaluate(async (runs) => {
    const bitmap = await createImageBitmap(await (await fetch('sample.png')).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const picture = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const found = {};
    const measure = async (name, work) => {
      for (let run = 0; run < 8; run++) await work(run); // The first runs compile.
      found[name] = [];
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        await work(run + 8);
        found[name].push(performance.now() - start);
      }
    };
    await codec.setPicture(picture);
    const face = await codec.findFace();
    const crop = await codec.align(face.landmarks);
    // Another picture each time, because the encoder remembers the streams of the last one.
    const fresh = (run) => crop.map((value, index) => (index === run ? value ^ 1 : value));
    await measure('find the face, 256×256', () => codec.findFace());
    await measure('align', () => codec.align(face.landmarks));
    for (const quality of [18, 36, 88]) {
      const stream = await codec.encode(crop, quality);
      const name = `at quality ${quality}, ${stream.length} bytes`;
      await measure(`encode ${name}`, (run) => codec.encode(fresh(run), quality));
      await measure(`decode ${name}`, () => codec.decode(stream));
    }
    await measure('encode within 500 bytes', (run) => codec.encodeWithin(fresh(run), 500));
    return found;
  }, RUNS);
}

const {browser, url, close} = await openBrowser(folder);
const start = performance.now();
const page = await openCodecPage(browser, url);
console.log(`Chromium ${browser.version()}, ${os.cpus()[0].model}, load ${os.loadavg()[0].toFixed(1)}`);
console.log(`started, models loaded and compiled in ${Math.round(performance.now() - start)} ms\n`);
console.log('| ms | smallest | middle |\n|---|---|---|');
for (const [name, values] of Object.entries(await times(page))) {
  values.sort((one, other) => one - other);
  console.log(`| ${name} | ${values[0].toFixed(1)} | ${values[values.length >> 1].toFixed(1)} |`);
}
await close();
