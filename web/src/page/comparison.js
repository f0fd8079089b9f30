/** The coded face beside other codecs of as many bytes, as the slider moves. */

import {parseHeader} from '../codec/bitstream.js';
import {imageOf} from '../rivals/canvas.js';
import {psnr} from '../rivals/psnr.js';
import {connect} from '../remote.js';
import {latest} from './latest.js';
import {announce, showProblem} from './messages.js';
import {drawBytes, factsOf, save} from './stream_view.js';
import {Tile} from './tile.js';

const RIVALS = ['JPEG', 'WebP', 'AVIF'];
const QUIET = 700; // ms without a change before a result is read out.

export class Comparison {
  /** @param {import('../codec.js').Codec} codec */
  constructor(codec) {
    this.codec = codec;
    this.section = document.getElementById('result');
    this.bytes = document.getElementById('bytes');
    this.freeHeaders = document.getElementById('headers');
    this.original = new Tile('original');
    this.ours = new Tile('ours');
    this.mosaic = document.getElementById('stream-bytes');
    this.crop = null;
    this.stream = null;
    this.updateOurs = latest(() => this.codeOurs());
    this.rivals = RIVALS.map((name) => new RivalTile(name, codec.size));
    this.bytes.addEventListener('input', () => this.update());
    this.freeHeaders.addEventListener('change', () => this.update());
    document.getElementById('save').addEventListener('click', () => {
      if (this.stream) save(this.stream, `face_${this.stream.length}.ipr`);
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.drawStream());
    this.showBytes();
  }

  /** @param {Uint8Array} crop RGB, [size * size * 3]. */
  setCrop(crop) {
    this.crop = crop;
    this.image = imageOf(crop, this.codec.size, this.codec.size);
    this.section.setAttribute('aria-busy', 'false');
    this.original.show(this.image);
    for (const rival of this.rivals) rival.setPicture(crop);
    this.update();
  }

  /** @returns {Promise<void>} once everything is shown. */
  update() {
    this.showBytes();
    if (!this.crop) return Promise.resolve();
    const limit = Number(this.bytes.value);
    const headersCount = !this.freeHeaders.checked;
    return Promise.all([this.updateOurs(), ...this.rivals.map((rival) => rival.update(limit, headersCount))]);
  }

  showBytes() {
    const text = `${Number(this.bytes.value).toLocaleString('en')} bytes`;
    document.getElementById('bytes-shown').textContent = text;
    this.bytes.setAttribute('aria-valuetext', text);
  }

  async codeOurs() {
    const {crop} = this;
    this.ours.setBusy(true);
    try {
      const stream = await this.codec.encodeWithin(crop, Number(this.bytes.value));
      const {image} = await this.codec.decode(stream);
      const pixels = imageOf(image, this.codec.size, this.codec.size);
      this.stream = stream;
      this.ours.show(pixels, `${stream.length.toLocaleString('en')} bytes`,
        `${this.codec.size}×${this.codec.size} · ${decibels(psnr(this.image.data, pixels.data))}`);
      this.drawStream();
      announce(`Coded in ${stream.length} bytes.`, QUIET);
    } catch (error) {
      if (error.name !== 'TooFewBytesError') showProblem(error);
      this.stream = null;
      this.ours.showNothing(error.message);
      announce(error.message, QUIET);
    }
    document.getElementById('save').disabled = !this.stream;
  }

  drawStream() {
    if (!this.stream) return;
    const header = parseHeader(this.stream);
    drawBytes(this.mosaic, this.stream, header.length);
    const facts = factsOf(header, this.stream.length, this.codec.model).slice(0, 3);
    document.getElementById('stream-facts').textContent = facts.map((fact) => fact.join(': ')).join(' · ');
  }
}

/** One of the others, in a worker of its own. */
class RivalTile {
  constructor(name, size) {
    this.name = name;
    this.size = size;
    this.tile = new Tile(name);
    this.call = connect(new URL('rivals_worker.js', import.meta.url));
    this.update = latest((limit, headersCount) => this.compete(limit, headersCount));
  }

  setPicture(crop) {
    this.crop = crop;
  }

  async compete(limit, headersCount) {
    this.tile.setBusy(true);
    try {
      if (this.sent !== this.crop) {
        this.sent = this.crop;
        await this.call('setPicture', this.name, this.crop, this.size);
      }
      const best = await this.call('within', limit, headersCount);
      if (!best) {
        this.tile.showNothing(`No ${this.name} file is so small`);
        return;
      }
      const count = (headersCount ? best.fileBytes : best.pictureBytes).toLocaleString('en');
      const free = headersCount ? '' : `, ${(best.fileBytes - best.pictureBytes).toLocaleString('en')} free`;
      this.tile.show(new ImageData(best.pixels, this.size, this.size), `${count} bytes${free}`,
        `${best.side}×${best.side} · ${decibels(best.psnr)}`);
    } catch (error) {
      this.tile.showNothing(error.message);
    }
  }
}

function decibels(value) {
  return `${value.toFixed(1)}\u00a0dB`;
}
