/** Starting LiteRT.js in a worker. */

import {loadLiteRt} from '@litertjs/core';

import {fetchAsset} from '../assets.js';
import {liteRtBuild} from '../support.js';

/** Loads the WebAssembly build that fits this browser; must be awaited before any half is loaded. */
export async function startLiteRt() {
  const build = await liteRtBuild();
  // Emscripten takes its settings from this global. The binary comes from us, inflated; its notes on
  // registered accelerators are left out.
  self.Module = {wasmBinary: await fetchAsset(`litert/${build}.wasm`), print() {}, printErr: reportError};
  await loadLiteRt(new URL(`litert/${build}.js`, self.location.href).href);
}

function reportError(line) {
  if (/^(ERROR|FATAL)/.test(line)) console.error(line);
}
