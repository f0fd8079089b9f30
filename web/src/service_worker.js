/**
 * Keeps the page for use without a network: all its files, of one version.
 *
 * FILES and VERSION are set by the build. Of LiteRT.js's two builds only the one that runs here is kept.
 */

import {liteRtBuild} from './support.js';

const CACHE = `tf_ipr ${VERSION}`;

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

async function install() {
  const build = await liteRtBuild();
  const cache = await caches.open(CACHE);
  const needed = FILES.filter((file) => !file.startsWith('litert/') || file.startsWith(`litert/${build}.`));
  await cache.addAll(['./', ...needed]);
  await self.skipWaiting();
}

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith('tf_ipr ') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// What is kept comes from here; the rest, which a page of this version never asks for, from the server.
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  return await cache.match(request) ?? fetch(request);
}
