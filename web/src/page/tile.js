/** One picture of the comparison with its caption. */

export class Tile {
  /** @param {string} name the figure's id without "tile-". */
  constructor(name) {
    this.figure = document.getElementById(`tile-${name}`);
    this.canvas = this.figure.querySelector('canvas');
    this.lines = [...this.figure.querySelectorAll('figcaption span')];
  }

  /** @param {ImageData} image @param {...string} lines of the caption; none leaves it as it is. */
  show(image, ...lines) {
    this.canvas.getContext('2d').putImageData(image, 0, 0);
    this.figure.classList.remove('empty');
    this.setBusy(false);
    if (lines.length) this.setLines(lines);
  }

  /** @param {string} reason why there is no picture. */
  showNothing(reason) {
    this.canvas.getContext('2d').clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.figure.classList.add('empty');
    this.setBusy(false);
    this.setLines([reason]);
  }

  setBusy(busy) {
    this.figure.setAttribute('aria-busy', String(busy));
  }

  setLines(texts) {
    this.lines.forEach((line, index) => { line.textContent = texts[index] ?? ''; });
  }
}
