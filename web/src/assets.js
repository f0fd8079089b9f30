/** Files of the page, which are stored gzipped so that any static server serves them small. */

/**
 * @param {string} path relative to the page, without ".gz".
 * @returns {Promise<Uint8Array>} the file's content.
 * @throws {Error} it cannot be fetched.
 */
export async function fetchAsset(path) {
  const response = await fetch(new URL(`${path}.gz`, self.location.href));
  if (!response.ok) throw new Error(`${path} cannot be loaded (status ${response.status}). Load the page again.`);
  const inflated = response.body.pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}
