/** A built page in headless Chromium, for tests and measurements. */

import {chromium} from 'playwright-core';
import {existsSync} from 'node:fs';

import {serve} from './serve.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream'];

/**
 * Serves a folder and starts a browser with a profile of its own.
 *
 * @param {string} folder a built page.
 * @returns {Promise<{browser: import('playwright-core').Browser, url: string, stopServing: () => Promise<void>,
 *     close: () => Promise<void>}>}
 * @throws {Error} there is no browser: set CHROMIUM to its path.
 */
export async function openBrowser(folder) {
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  if (!executablePath) throw new Error('No Chromium was found; set CHROMIUM to its path.');
  const server = await serve(folder, 0);
  const browser = await chromium.launch({executablePath, headless: true, args: FLAGS});
  const stopServing = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return {
    browser,
    url: `http://localhost:${server.address().port}/`,
    stopServing,
    async close() {
      await browser.close();
      await stopServing();
    },
  };
}

/**
 * Opens the codec, without the page around it, as `window.codec`.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<import('playwright-core').Page>}
 */
export async function openCodecPage(browser, url) {
  const page = await browser.newPage();
  await page.goto(`${url}licences.txt`);
  await page.evaluate(async (address) => {
    window.bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    window.base64Of = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    const {openCodec} = await import(`${address}codec.js`);
    window.codec = await openCodec();
  }, url);
  return page;
}
