/** What a browser must have, and which build of LiteRT.js fits it. */

import {relaxedSimd, simd} from 'wasm-feature-detect';

/** @returns {Promise<string | null>} what is missing and what to do; null where everything is there. */
export async function missingFeature() {
  const update = 'A current Chrome, Edge, Firefox or Safari (16.4 or newer) has it.';
  if (typeof WebAssembly !== 'object' || !await simd()) {
    return `This browser cannot run the codec: it has no WebAssembly with SIMD. ${update}`;
  }
  if (typeof DecompressionStream !== 'function' || typeof OffscreenCanvas !== 'function') {
    return `This browser cannot run the page: it lacks DecompressionStream or OffscreenCanvas. ${update}`;
  }
  return null;
}

/** @returns {Promise<string>} name, without suffix, of the build of LiteRT.js that this browser runs. */
export async function liteRtBuild() {
  return await relaxedSimd() ? 'litert_wasm_internal' : 'litert_wasm_compat_internal';
}
