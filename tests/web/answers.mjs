/**
 * Asks the built page in headless Chromium: node answers.mjs FOLDER JOB.json, prints a JSON object.
 *
 * `cases.py` writes the job, `*_test.py` judge the answers.
 */

import {readFile} from 'node:fs/promises';

import {openBrowser, openCodecPage} from '../../web/browser.mjs';

const [folder, jobFile] = process.argv.slice(2);
const job = JSON.parse(await readFile(jobFile, 'utf8'));
const {browser, url, stopServing, close} = await openBrowser(folder);
const hosts = new Set();

/** Streams and pixels, by the module alone. */
async function codecAnswers() {
  const page = await openCodecPage(browser, url);
  const found = await page.evaluate(async (questions) => {
    const {crops, streams, limits, blocks, landmarks, bad_streams: bad} = questions;
    const result = {encoded: [], decoded: [], within: {}, aligned: [], refused: {}, model: codec.model};
    for (const {crop, quality, stream} of streams) {
      result.encoded.push(base64Of(await codec.encode(bytesOf(crops[crop]), quality)));
      result.decoded.push(base64Of((await codec.decode(bytesOf(stream))).image));
    }
    for (const limit of limits) {
      result.within[limit] = base64Of(await codec.encodeWithin(bytesOf(crops.face), limit));
    }
    const asText = (error) => `${error.name}: ${error.message}`;
    result.tooFew = await codec.encodeWithin(bytesOf(crops.face), 20).catch(asText);
    const picture = new ImageData(blocks.width, blocks.height);
    bytesOf(blocks.pixels).forEach((value, index) => { picture.data[Math.floor(index / 3) * 4 + index % 3] = value; });
    await codec.setPicture(picture);
    for (const points of landmarks) result.aligned.push(base64Of(await codec.align(points)));
    result.oneplace = await codec.align(Array(5).fill([3, 3])).catch((error) => error.message);
    for (const [name, stream] of Object.entries(bad)) {
      result.refused[name] = await codec.decode(bytesOf(stream)).then(() => 'decoded', asText);
    }
    return result;
  }, job);
  await page.close();
  return found;
}

const isReady = () => !document.getElementById('open-sample').disabled;
const isCoded = () => document.querySelectorAll('figure[aria-busy=false]').length >= 5
  && !document.querySelector('figure[aria-busy=true]');
const problemOf = (page) => page.textContent('#problem');

/** A page with the sample coded, in a context with these options. */
async function openPage(options = {}, prepare = async () => {}) {
  const context = await browser.newContext(options);
  context.on('request', (request) => hosts.add(new URL(request.url()).host));
  await prepare(context);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function openCodedPage(options, prepare) {
  const page = await openPage(options, prepare);
  await page.waitForFunction(isReady);
  await page.waitForFunction(isCoded);
  return page;
}

const captionsOf = (page) => (
  page.$$eval('figcaption', (captions) => captions.map((caption) => caption.innerText)));

const picturesOf = (page) => page.evaluate(() => (
  Object.fromEntries([...document.querySelectorAll('figure[id] canvas')].map((canvas) => (
    [canvas.parentNode.id, canvas.toDataURL()])))));

/** Opens a file as the button does, and waits until the page has answered. */
async function give(page, name, base64) {
  await page.setInputFiles('#file', {name, mimeType: '', buffer: Buffer.from(base64, 'base64')});
}

async function pageAnswers() {
  const page = await openCodedPage({viewport: {width: 1280, height: 900}});
  const result = {};
  result.captions = await captionsOf(page);
  result.model = await page.textContent('#model');
  const before = await picturesOf(page);

  await page.focus('#bytes');
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('#tile-ours figcaption').innerText.includes('1,'));
  await page.waitForFunction(isCoded);
  result.slider = {shown: await page.textContent('#bytes-shown'),
    text: await page.getAttribute('#bytes', 'aria-valuetext'), caption: await page.innerText('#tile-ours figcaption')};
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.getElementById('bytes-shown').textContent === '240 bytes');
  await page.waitForFunction(isCoded);
  result.least = await captionsOf(page);
  await page.check('#headers');
  await page.waitForFunction(isCoded);
  result.free = await captionsOf(page);

  const handles = () => page.$$eval('.point', (points) => points.slice(0, 5).map((point) => (
    ['x', 'y'].map((axis) => point.getBoundingClientRect()[axis]))));
  const [first, frame] = [await handles(), await page.locator('#stage-frame polygon').boundingBox()];
  await page.mouse.move(frame.x + frame.width / 2, frame.y + frame.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width / 2 + 12, frame.y + frame.height * 0.2 - 9, {steps: 3});
  await page.mouse.up();
  result.allDragged = (await handles()).map(([x, y], index) => [x - first[index][0], y - first[index][1]]);

  await page.focus('.point[aria-label^="Nose"]');
  const label = await page.getAttribute('.point[aria-label^="Nose"]', 'aria-label');
  for (let press = 0; press < 5; press++) await page.keyboard.press('Shift+ArrowDown');
  await page.waitForFunction((was) => document.querySelector('#tile-original canvas').toDataURL() !== was,
    before['tile-original']);
  result.moved = [label, await page.getAttribute('.point[aria-label^="Nose"]', 'aria-label')];
  const eye = page.locator('.point[aria-label^="Left eye"]');
  const box = await eye.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 30, box.y + box.height / 2 + 20, {steps: 3});
  await page.mouse.up();
  const now = await eye.boundingBox();
  result.dragged = [now.x - box.x, now.y - box.y];
  await page.fill('#bytes', '600');
  await page.waitForFunction(isCoded);
  await page.waitForFunction(() => document.querySelector('#tile-ours figcaption').innerText.includes(' bytes'));
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  result.saved = {name: download.suggestedFilename(), stream: (await readFile(await download.path())).toString('base64')};

  await give(page, 'face.ipr', job.good_stream);
  await page.waitForSelector('#opened:not([hidden])');
  result.opened = await page.innerText('#opened-facts');
  await give(page, 'broken.ipr', job.bad_streams['flipped bit']);
  await page.waitForSelector('#problem:not([hidden])');
  result.damaged = await problemOf(page);
  await give(page, 'notes.txt', Buffer.from('not a picture').toString('base64'));
  await page.waitForFunction(() => document.getElementById('problem').textContent.includes('notes.txt'));
  result.noPicture = await problemOf(page);
  await give(page, 'blocks.png', job.faceless);
  await page.waitForFunction(() => document.getElementById('problem').textContent.includes('No face'));
  result.noFace = await problemOf(page);
  result.pointsByHand = await page.$$eval('.point', (points) => points.filter((point) => point.offsetParent).length);
  await give(page, 'sideways.jpg', job.sideways);
  await page.waitForFunction(() => document.getElementById('status').textContent.includes('face was found'));
  result.sideways = await page.$$eval('.point', (points) => points.slice(0, 5).map((point) => (
    point.getAttribute('aria-label').match(/(-?\d+), (-?\d+)$/).slice(1).map(Number))));

  result.unnamed = await page.$$eval('button, input, canvas:not([aria-hidden]), video', (elements) => elements
    .filter((element) => !(element.getAttribute('aria-label') || element.labels?.length || element.textContent.trim()))
    .map((element) => element.outerHTML));
  result.live = await page.$$eval('[role=status], [role=alert]', (regions) => regions.map((region) => region.id));
  await page.context().close();
  return result;
}

async function phoneAnswers() {
  const result = {};
  for (const colorScheme of ['light', 'dark']) {
    const page = await openCodedPage({
      viewport: {width: 360, height: 740}, hasTouch: true, isMobile: true, colorScheme});
    result[colorScheme] = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.body).color,
      smallest: Math.min(...[...document.querySelectorAll('button, input[type=range]')]
        .filter((element) => element.offsetParent)
        .map((element) => element.getBoundingClientRect().height)),
    }));
    await page.context().close();
  }
  return result;
}

async function cameraAnswers() {
  const refused = await openCodedPage({});
  await refused.click('#open-camera');
  await refused.waitForSelector('#problem:not([hidden])');
  const problem = await problemOf(refused);
  await refused.context().close();

  const page = await openCodedPage({}, (context) => context.grantPermissions(['camera']));
  await page.click('#open-camera');
  await page.waitForFunction(() => document.getElementById('camera-picture').videoWidth > 0);
  await page.click('#camera-take'); // The fake camera shows no face.
  await page.waitForFunction(() => document.getElementById('problem').textContent.includes('No face'));
  const closed = await page.evaluate(() => document.getElementById('camera').hidden
    && document.getElementById('camera-picture').srcObject === null);
  await page.context().close();
  return {problem, closed};
}

async function oldBrowserAnswers() {
  const page = await openPage({}, (context) => context.addInitScript(() => { WebAssembly.validate = () => false; }));
  await page.waitForSelector('#problem:not([hidden])');
  const result = {problem: await problemOf(page), disabled: await page.isDisabled('#open-camera')};
  await page.context().close();
  return result;
}

/** Comes last: the server is gone afterwards. */
async function offlineAnswers() {
  const page = await openCodedPage({});
  await page.waitForSelector('#offline:not([hidden])');
  await stopServing();
  await page.reload();
  await page.waitForFunction(isReady);
  await page.waitForFunction(isCoded);
  return {captions: await captionsOf(page)};
}

try {
  const answers = {codec: await codecAnswers(), page: await pageAnswers(), phone: await phoneAnswers(),
    camera: await cameraAnswers(), oldBrowser: await oldBrowserAnswers(), offline: await offlineAnswers()};
  console.log(JSON.stringify({...answers, hosts: [...hosts], host: new URL(url).host}));
} finally {
  await close();
}
