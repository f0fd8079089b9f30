/**
 * Five points on a picture, moved by pointer and keyboard, and the square that they cut out.
 *
 * Points are in pixels of the picture; what is shown is a part of it, the view, in percent of the stage.
 */

import {SIZE, TEMPLATE, move, moveBack, similarity} from '../face/alignment.js';

const NAMES = ['Left eye', 'Right eye', 'Nose', 'Left corner of the mouth', 'Right corner of the mouth'];
const CORNERS = [[-0.5, -0.5], [SIZE - 0.5, -0.5], [SIZE - 0.5, SIZE - 0.5], [-0.5, SIZE - 0.5]]; // Of the crop.
const AROUND = 1.5; // The zoomed view is so much larger than the crop.
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const TURN = Math.PI / 180;
const GROWTH = 1.02;

export class PointsEditor {
  /** @param {(points: number[][]) => void} onChange gets [5][2] after every movement. */
  constructor(onChange) {
    this.onChange = onChange;
    this.stage = document.getElementById('stage');
    this.canvas = document.getElementById('stage-picture');
    this.polygon = document.querySelector('#stage-frame polygon');
    this.zoom = document.getElementById('zoom');
    this.handles = [...NAMES, 'All five points'].map((name, index) => this.makeHandle(name, index));
    this.zoom.addEventListener('click', () => {
      this.zoom.setAttribute('aria-pressed', String(this.zoom.getAttribute('aria-pressed') !== 'true'));
      this.fitView();
    });
    this.polygon.addEventListener('pointerdown', (event) => this.drag(event, this.polygon, (points, from, to) => (
      points.map(([x, y]) => [x + to[0] - from[0], y + to[1] - from[1]]))));
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  /**
   * @param {HTMLCanvasElement} picture
   * @param {number[][] | null} points [5][2]; null puts them into the middle.
   */
  show(picture, points) {
    this.picture = picture;
    this.points = points ?? placedInTheMiddle(picture);
    this.zoom.setAttribute('aria-pressed', String(points !== null));
    this.fitView();
    this.onChange(this.points);
  }

  makeHandle(name, index) {
    const handle = document.createElement('button');
    handle.type = 'button';
    handle.className = index < TEMPLATE.length ? 'point' : 'point corner';
    handle.dataset.name = name;
    this.stage.append(handle);
    const moved = index < TEMPLATE.length ? (points, _, to) => points.with(index, to) : turnedAndScaled;
    handle.addEventListener('pointerdown', (event) => this.drag(event, handle, moved));
    handle.addEventListener('keydown', (event) => this.key(event, index));
    return handle;
  }

  /** Follows a pointer until it is let go; `change` makes points of the points at first, and of where from and to. */
  drag(event, element, change) {
    if (event.button !== 0 || !this.points) return;
    event.preventDefault();
    element.focus({preventScroll: true});
    element.setPointerCapture(event.pointerId);
    const [start, from] = [this.points, this.place(event)];
    // What lies under the pointer's grip stays there, also where a handle is not gripped in its middle.
    const follow = (moving) => this.change(change(start, from, this.place(moving)));
    element.addEventListener('pointermove', follow);
    element.addEventListener('lostpointercapture', () => {
      element.removeEventListener('pointermove', follow);
    }, {once: true});
  }

  key(event, index) {
    const pixel = this.side() / SIZE * (event.shiftKey ? 5 : 0.5); // Of the crop.
    const chosen = (point) => index === TEMPLATE.length || index === point;
    let points;
    if (event.key in ARROWS) {
      const [x, y] = ARROWS[event.key];
      points = this.points.map((point, number) => (
        chosen(number) ? [point[0] + x * pixel, point[1] + y * pixel] : point));
    } else if (index === TEMPLATE.length) {
      const step = event.shiftKey ? 5 : 1;
      if ('+='.includes(event.key)) points = transformed(this.points, GROWTH ** step, 0);
      else if ('-_'.includes(event.key)) points = transformed(this.points, GROWTH ** -step, 0);
      else if ('[{'.includes(event.key)) points = transformed(this.points, 1, -step * TURN);
      else if (']}'.includes(event.key)) points = transformed(this.points, 1, step * TURN);
    }
    if (!points) return;
    event.preventDefault();
    this.change(points);
  }

  change(points) {
    if (new Set(points.map(String)).size < 2) return; // All in one place cut out nothing.
    this.points = points;
    const isOutside = (percent) => percent < 0 || percent > 100;
    if (points.some((point) => this.percent(point).some(isOutside))) this.fitView();
    else this.draw();
    this.onChange(points);
  }

  /** Where an event happened, in pixels of the picture. */
  place({clientX, clientY}) {
    const box = this.canvas.getBoundingClientRect();
    return [this.view.x + (clientX - box.left) / box.width * this.view.width - 0.5,
      this.view.y + (clientY - box.top) / box.height * this.view.height - 0.5];
  }

  /** Side of the cut square, pixels of the picture. */
  side() {
    const {a, b} = similarity(this.points, TEMPLATE);
    return SIZE / Math.hypot(a, b);
  }

  /** The whole picture, or the surroundings of the face. Edge coordinates. */
  fitView() {
    const {width, height} = this.picture;
    if (this.zoom.getAttribute('aria-pressed') === 'true') {
      const middle = moveBack(similarity(this.points, TEMPLATE), [(SIZE - 1) / 2, (SIZE - 1) / 2]);
      const side = this.side() * AROUND;
      this.view = {x: middle[0] + 0.5 - side / 2, y: middle[1] + 0.5 - side / 2, width: side, height: side};
      this.zoom.textContent = 'Show the whole picture';
    } else {
      this.view = {x: 0, y: 0, width, height};
      this.zoom.textContent = 'Zoom to the face';
    }
    this.draw();
  }

  draw() {
    if (!this.picture || !this.view) return;
    const {x, y, width, height} = this.view;
    this.stage.style.aspectRatio = `${width} / ${height}`;
    const shown = Math.round(this.stage.clientWidth * devicePixelRatio);
    this.canvas.width = shown;
    this.canvas.height = Math.round(shown * height / width);
    const context = this.canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.setTransform(shown / width, 0, 0, shown / width, -x * shown / width, -y * shown / width);
    context.drawImage(this.picture, 0, 0);
    const crop = similarity(this.points, TEMPLATE);
    const corners = CORNERS.map((corner) => this.percent(moveBack(crop, corner)));
    this.polygon.setAttribute('points', corners.map((corner) => corner.join()).join(' '));
    [...this.points.map((point) => this.percent(point)), corners[2]].forEach(([left, top], index) => {
      const handle = this.handles[index];
      handle.style.left = `${left}%`;
      handle.style.top = `${top}%`;
      const [column, row] = (this.points[index] ?? moveBack(crop, CORNERS[2])).map(Math.round);
      handle.setAttribute('aria-label', `${handle.dataset.name}, at ${column}, ${row}`);
    });
  }

  /** Of a place in the picture: percent of the stage. */
  percent([x, y]) {
    return [(x + 0.5 - this.view.x) / this.view.width * 100, (y + 0.5 - this.view.y) / this.view.height * 100];
  }
}

function middleOf(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

/** Scales and turns points about their middle. */
function transformed(points, factor, angle) {
  const [x, y] = middleOf(points);
  const [a, b] = [factor * Math.cos(angle), factor * Math.sin(angle)];
  return points.map((point) => move({a, b, x, y}, [point[0] - x, point[1] - y]));
}

/** The corner of the square was pulled from one place to another: the points turn and grow with it. */
function turnedAndScaled(points, from, to) {
  const [x, y] = middleOf(points);
  const length = ([px, py]) => Math.max(1, Math.hypot(px - x, py - y));
  const angle = ([px, py]) => Math.atan2(py - y, px - x);
  return transformed(points, length(to) / length(from), angle(to) - angle(from));
}

/** The template, half as large as the picture, in its middle. */
function placedInTheMiddle({width, height}) {
  const scale = Math.min(width, height) / 2 / SIZE;
  return TEMPLATE.map(([x, y]) => [(x - SIZE / 2) * scale + width / 2, (y - SIZE / 2) * scale + height / 2]);
}
