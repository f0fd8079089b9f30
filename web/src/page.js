/**
 * The page: a picture from camera, file or clipboard -> five points -> crop -> stream, beside other codecs.
 *
 *     picture ─ PointsEditor ─ codec.align ─ crop ─ Comparison ─ stream
 *     bytes of a stream ─ OpenedStream
 */

import {MAGIC} from './codec/bitstream.js';
import {openCodec} from './codec.js';
import {Camera} from './page/camera.js';
import {Comparison} from './page/comparison.js';
import {acceptDrops} from './page/drops.js';
import {latest} from './page/latest.js';
import {announce, clearProblem, showProblem} from './page/messages.js';
import {OpenedStream} from './page/opened_stream.js';
import {readPicture} from './page/picture_file.js';
import {PointsEditor} from './page/points_editor.js';
import {missingFeature} from './support.js';

const byId = (id) => document.getElementById(id);

/** Wires the page together once the codec is there. @param {import('./codec.js').Codec} codec */
function start(codec) {
  const comparison = new Comparison(codec);
  const opened = new OpenedStream(codec);
  const cut = latest(async (points) => {
    try {
      comparison.setCrop(await codec.align(points));
    } catch (error) {
      showProblem(error);
    }
  });
  const editor = new PointsEditor(cut);
  let picture;

  async function findFace() {
    announce('Looking for the face.');
    const face = await codec.findFace();
    byId('editor').hidden = false;
    editor.show(picture, face?.landmarks ?? null);
    if (!face) {
      showProblem('No face was found. Put the five points on eyes, nose and corners of the mouth by hand.');
    } else {
      announce(face.others ? `A face was found, and ${face.others} more; this is the largest in the middle.`
        : 'The face was found.');
    }
  }

  async function showPicture(canvas) {
    clearProblem();
    picture = canvas;
    await codec.setPicture(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height));
    await findFace();
  }

  /** A picture or a stream: the first byte tells. */
  async function open(blob, name) {
    clearProblem();
    try {
      const [first] = new Uint8Array(await blob.slice(0, 1).arrayBuffer());
      if (first === MAGIC || name.endsWith('.ipr')) await opened.show(new Uint8Array(await blob.arrayBuffer()));
      else await showPicture(await readPicture(blob, name));
    } catch (error) {
      showProblem(error);
    }
  }

  new Camera((canvas) => showPicture(canvas).catch(showProblem), showProblem);
  acceptDrops((file) => open(file, file.name));
  byId('open-file').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', () => {
    const [file] = byId('file').files;
    byId('file').value = ''; // The same file may be chosen again.
    if (file) open(file, file.name);
  });
  const openSample = async () => open(await (await fetch('sample.png')).blob(), 'The sample');
  byId('open-sample').addEventListener('click', openSample);
  byId('find-again').addEventListener('click', () => {
    clearProblem();
    findFace().catch(showProblem);
  });
  openSample();
}

/** Keeps the page for use without a network, and says so once it is kept. */
async function keepOffline() {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('service_worker.js');
  await navigator.serviceWorker.ready;
  byId('offline').hidden = false;
}

/** Without a codec there is nothing to compare. */
function giveUp(title, problem) {
  byId('model').textContent = title;
  byId('result').hidden = true;
  showProblem(problem);
}

async function main() {
  const buttons = ['open-camera', 'open-file', 'open-sample'].map(byId);
  for (const button of buttons) button.disabled = true;
  const missing = await missingFeature();
  if (missing) {
    giveUp('Not in this browser', missing);
    return;
  }
  try {
    const codec = await openCodec();
    byId('model').textContent = codec.model;
    for (const button of buttons) button.disabled = false;
    start(codec);
  } catch (error) {
    giveUp('The codec did not start', error);
    return;
  }
  keepOffline().catch(() => {}); // Private windows have no service worker; the page works without.
}

main();
