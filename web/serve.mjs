/**
 * Serves a built page on this machine: node serve.mjs [FOLDER] [--port=8000]
 *
 * Any static web server will do (over HTTPS, which cameras and service workers ask for beyond localhost). This
 * one listens on localhost alone and forbids the page to speak to any other host.
 */

import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.gz': 'application/octet-stream', // Inflated by the page, not by the browser.
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; "
  + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param {string} folder
 * @param {number} port 0 takes a free one.
 * @returns {Promise<http.Server>} listening on localhost.
 */
export function serve(folder, port) {
  const root = path.resolve(folder);
  const server = http.createServer(async (request, response) => {
    let file = path.join(root, path.normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)));
    if (file.endsWith(path.sep)) file = path.join(file, 'index.html');
    const found = file.startsWith(root + path.sep) && await stat(file).catch(() => null);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const tag = `"${found.size.toString(16)}-${found.mtimeMs.toString(16)}"`;
    const headers = {'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY, ETag: tag,
      'X-Content-Type-Options': 'nosniff'};
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, {...headers, 'Content-Length': found.size,
      'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream'});
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values, positionals} = parseArgs({allowPositionals: true, options: {port: {type: 'string', default: '8000'}}});
  const folder = positionals[0] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), 'dist');
  try {
    const server = await serve(folder, Number(values.port));
    console.log(`http://localhost:${server.address().port}/  (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`serve: ${error.code === 'EADDRINUSE' ? `port ${values.port} is taken; give another: --port=8001`
      : error.message}`);
    process.exitCode = 1;
  }
}
