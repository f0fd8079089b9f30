/** A stream from a file, or from wherever its bytes come: decoded and shown with its facts. */

import {imageOf} from '../rivals/canvas.js';
import {announce} from './messages.js';
import {factsOf} from './stream_view.js';

export class OpenedStream {
  /** @param {import('../codec.js').Codec} codec */
  constructor(codec) {
    this.codec = codec;
    this.section = document.getElementById('opened');
  }

  /**
   * @param {Uint8Array} stream
   * @returns {Promise<void>} rejects with BitstreamError, and leaves what was shown.
   */
  async show(stream) {
    const {image, header} = await this.codec.decode(stream);
    document.getElementById('opened-picture').getContext('2d')
      .putImageData(imageOf(image, header.width, header.height), 0, 0);
    const list = document.getElementById('opened-facts');
    list.replaceChildren(...factsOf(header, stream.length, this.codec.model).flatMap(([name, value]) => (
      [element('dt', name), element('dd', value)])));
    this.section.hidden = false;
    this.section.focus({preventScroll: true});
    this.section.scrollIntoView({block: 'nearest', behavior: 'smooth'});
    announce(`A stream of ${stream.length} bytes was decoded.`);
  }
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
