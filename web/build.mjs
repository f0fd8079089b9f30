/**
 * Builds the page: node build.mjs [--output=dist] [--halves=FOLDER]
 *
 * Into the output folder go the page, its workers, and gzipped the WebAssembly of LiteRT.js and of the AVIF encoder,
 * the two halves of the codec and the two networks of the face finder. Nothing else is needed at run time.
 */

import * as esbuild from 'esbuild';
import {createHash} from 'node:crypto';
import {cp, mkdir, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs, promisify} from 'node:util';
import zlib from 'node:zlib';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MODELS = path.join(HERE, '..', 'savedmodels');
const MODEL = 'lfw_align112_l2_ip';
const PACKAGES = path.join(HERE, 'node_modules');
const MOST_BYTES = 20e6;

const {values: options} = parseArgs({options: {
  output: {type: 'string', default: path.join(HERE, 'dist')},
  halves: {type: 'string', default: path.join(MODELS, MODEL)},
}});

/** Model names by id, from every config.json in savedmodels. */
async function shippedModels() {
  const names = {};
  for (const name of (await readdir(MODELS)).sort()) {
    const config = await readFile(path.join(MODELS, name, 'config.json'), 'utf8').catch(() => null);
    if (config) names[JSON.parse(config).model_id] = name;
  }
  return names;
}

/** Both halves, by file name. */
async function halves() {
  const files = {};
  for (const file of ['encoder.tflite', 'decoder.tflite']) {
    files[file] = await readFile(path.join(options.halves, file)).catch(() => {
      throw new Error(`${path.join(options.halves, file)} is missing. Make it once, where TensorFlow is installed: `
        + `tf_ipr_export --target=tflite --image_size=112x112 --model=${MODEL}`);
    });
  }
  return files;
}

/** The networks of the face finder, out of the file into which the npm package packs them. */
async function faceNetworks() {
  const folder = path.join(PACKAGES, '@mediapipe', 'face_mesh');
  const loader = await readFile(path.join(folder, 'face_mesh_solution_packed_assets_loader.js'), 'utf8');
  const packed = await readFile(path.join(folder, 'face_mesh_solution_packed_assets.data'));
  const index = JSON.parse(/loadPackage\((\{"files".*?\})\)/s.exec(loader)[1]).files;
  const cut = (name) => {
    const {start, end} = index.find(({filename}) => path.basename(filename) === name);
    return packed.subarray(start, end);
  };
  return {
    'face_detection.tflite': cut('face_detection_short_range.tflite'),
    'face_landmark.tflite': cut('face_landmark.tflite'),
  };
}

/** What the page is made of and under which licence. */
async function licences() {
  const names = ['@litertjs/core', '@litertjs/wasm-utils', '@jsquash/avif', '@mediapipe/face_mesh',
    'wasm-feature-detect'];
  const lines = await Promise.all(names.map(async (name) => {
    const {version, license} = JSON.parse(await readFile(path.join(PACKAGES, name, 'package.json'), 'utf8'));
    return `${name} ${version}: ${license}`;
  }));
  return `tf_ipr, this page and the model ${MODEL}: Apache-2.0\n${lines.join('\n')}\n`;
}

async function writeGzipped(name, content) {
  const file = path.join(options.output, `${name}.gz`);
  await mkdir(path.dirname(file), {recursive: true});
  await writeFile(file, await promisify(zlib.gzip)(content, {level: 9}));
}

async function bundle(names) {
  const common = {bundle: true, minify: true, outdir: options.output, target: ['es2022'], legalComments: 'none',
    absWorkingDir: HERE, logLevel: 'warning', plugins: [{
      name: 'shipped models',
      setup(build) {
        build.onResolve({filter: /\/shipped_models\.json$/}, () => ({path: 'shipped_models', namespace: 'built'}));
        build.onLoad({filter: /./, namespace: 'built'}, () => ({contents: JSON.stringify(names), loader: 'json'}));
      },
    }]};
  await esbuild.build({...common, format: 'esm', splitting: true, chunkNames: 'shared_[hash]',
    entryPoints: ['src/page.js', 'src/codec.js', 'src/face/alignment.js'].map((file) => ({
      in: file, out: path.basename(file, '.js')}))});
  // Workers are classic scripts: LiteRT.js loads its own part by importScripts.
  await esbuild.build({...common, format: 'iife', define: {'import.meta.url': '""'},
    entryPoints: ['src/codec_worker.js', 'src/rivals_worker.js']});
}

/** The service worker comes last: it knows all files and, as its version, their content. */
async function bundleServiceWorker() {
  const files = (await filesUnder(options.output)).sort();
  const digest = createHash('sha256');
  for (const file of files) digest.update(file).update(await readFile(path.join(options.output, file)));
  await esbuild.build({entryPoints: ['src/service_worker.js'], outdir: options.output, bundle: true, minify: true,
    absWorkingDir: HERE, target: ['es2022'], format: 'iife', logLevel: 'warning', define: {
      FILES: JSON.stringify(files), VERSION: JSON.stringify(digest.digest('hex').slice(0, 16))}});
}

async function filesUnder(folder) {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true});
  return entries.filter((entry) => entry.isFile()).map((entry) => (
    path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')));
}

async function build() {
  const models = {...await halves(), ...await faceNetworks()};
  await rm(options.output, {recursive: true, force: true});
  await cp(path.join(HERE, 'static'), options.output, {recursive: true});
  await cp(path.join(HERE, '..', 'tf_ipr', 'assets', 'astronaut.png'), path.join(options.output, 'sample.png'));
  await writeFile(path.join(options.output, 'licences.txt'), await licences());
  for (const [name, content] of Object.entries(models)) await writeGzipped(`models/${name}`, content);
  for (const variant of ['litert_wasm_internal', 'litert_wasm_compat_internal']) {
    const from = path.join(PACKAGES, '@litertjs', 'core', 'wasm', variant);
    await writeGzipped(`litert/${variant}.wasm`, await readFile(`${from}.wasm`));
    await cp(`${from}.js`, path.join(options.output, 'litert', `${variant}.js`));
  }
  const avif = path.join(PACKAGES, '@jsquash', 'avif', 'codec', 'enc', 'avif_enc.wasm');
  await writeGzipped('avif_enc.wasm', await readFile(avif));
  await bundle(await shippedModels());
  await bundleServiceWorker();
  await report();
}

/** Prints the size of every file and of the whole; fails above the limit. */
async function report() {
  let total = 0;
  for (const file of (await filesUnder(options.output)).sort()) {
    const {size} = await stat(path.join(options.output, file));
    total += size;
    console.log(`${String(size).padStart(9)}  ${file}`);
  }
  console.log(`${String(total).padStart(9)}  bytes in all, in ${options.output}`);
  if (total > MOST_BYTES) throw new Error(`The page has ${total} bytes; at most ${MOST_BYTES} are allowed.`);
}

try {
  await build();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
