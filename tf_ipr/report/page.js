"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const dashes = ["", "7 4", "2 3", "9 3 2 3"];
  const hidden = new Map();  // By section: labels that are switched off.
  const make = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (parent) parent.append(element);
    return element;
  };
  const styleOf = label => data.styles[label] || { slot: -1, dash: 0, model: false };
  const colour = style => style.slot < 0 ? "var(--quiet)" : `var(--c${style.slot % data.colours})`;

  // Axes.
  const round = value => value && Math.abs(value) < 1e-3 ? value.toExponential(Number.isInteger(Math.log10(value)) ? 0 : 1)
    : Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 4 });
  function ticks(low, high, log, count) {
    if (!log) {
      const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= raw);
      const found = [];
      for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) found.push(n * step);
      return found;
    }
    for (const mantissas of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]]) {
      const found = [];
      for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++)
        for (const m of mantissas) {
          const value = m * 10 ** e;
          if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
        }
      if (found.length >= Math.min(4, count)) return found;
    }
    return ticks(low, high, false, count);
  }
  function axis(values, log, from, to) {
    let low = Math.min(...values), high = Math.max(...values);
    if (log) { if (low === high) { low /= 2; high *= 2; } const pad = (high / low) ** 0.05; low /= pad; high *= pad; }
    else {
      const pad = 0.06 * (high - low) || Math.abs(high) * 0.1 || 1;
      low = low >= 0 ? Math.max(0, low - pad) : low - pad;  // No quantity of ours goes on below zero by itself.
      high += pad;
    }
    const f = log ? Math.log : v => v;
    return { low, high, log, at: v => from + (to - from) * (f(v) - f(low)) / (f(high) - f(low)) };
  }

  // Plots.
  function draw(plot) {
    const panel = data.panels[plot.dataset.panel];
    const off = hidden.get(plot.closest(".group")) || new Set();
    const series = panel.series.filter(s => !off.has(s.label));
    plot.replaceChildren();
    const width = Math.max(240, plot.clientWidth), height = Math.round(Math.min(380, Math.max(250, width * 0.66)));
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", tabindex: 0,
      "aria-label": `${panel.title}: ${panel.y} over ${panel.x}; arrow keys go through the points` }, plot);
    const area = { left: 44, right: width - 12, top: 22, bottom: height - 36 };
    const shown = series.length ? series : panel.series;
    const points = shown.flatMap(s => s.points);
    const whisker = points.flatMap(p => [p.low, p.high]).filter(v => v !== null && (!panel.yLog || v > 0));
    const span = data.spans[panel.span] || { x: [], y: [] };
    const x = axis([...points.map(p => p.x), ...span.x], panel.xLog, area.left, area.right);
    const y = axis([...points.map(p => p.y), ...whisker, ...span.y, ...(panel.reference === null ? [] : [panel.reference])],
      panel.yLog, area.bottom, area.top);
    let last = -1e9;
    for (const value of ticks(x.low, x.high, x.log, width / 80)) {
      const at = x.at(value);
      make("line", { x1: at, x2: at, y1: area.top, y2: area.bottom, class: "grid" }, svg);
      if (at - last < 36 || at > area.right - 4) continue;
      last = at;
      make("text", { x: at, y: area.bottom + 15, "text-anchor": "middle" }, svg).textContent = round(value);
    }
    for (const value of ticks(y.low, y.high, y.log, height / 50)) {
      const at = y.at(value);
      make("line", { x1: area.left, x2: area.right, y1: at, y2: at, class: "grid" }, svg);
      make("text", { x: area.left - 6, y: at + 4, "text-anchor": "end" }, svg).textContent = round(value);
    }
    make("line", { x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom, class: "axis" }, svg);
    make("text", { x: area.right, y: height - 4, "text-anchor": "end" }, svg).textContent = panel.x;
    make("text", { x: 4, y: 12 }, svg).textContent = panel.y;
    if (panel.reference !== null) {
      const at = y.at(panel.reference);
      make("line", { x1: area.left, x2: area.right, y1: at, y2: at, class: "reference" }, svg);
      make("text", { x: area.right, y: at - 4, "text-anchor": "end" }, svg).textContent = `original ${round(panel.reference)}`;
    }
    const placed = [];
    // Ours last, on top.
    const order = [...series].sort((a, b) => styleOf(a.label).model - styleOf(b.label).model);
    for (const one of order) {
      const style = styleOf(one.label), stroke = colour(style);
      const layer = make("g", { "data-label": one.label }, svg);
      const at = one.points.map(p => ({ p, label: one.label, layer, x: x.at(p.x), y: y.at(p.y) }));
      for (const { p, x: px } of at) {
        if (p.low === null || p.high === null || (panel.yLog && p.low <= 0)) continue;
        make("line", { x1: px, x2: px, y1: y.at(p.low), y2: y.at(p.high), stroke, opacity: 0.35, "stroke-width": style.model ? 2 : 1.2 }, layer);
      }
      make("polyline", { points: at.map(p => `${p.x},${p.y}`).join(" "), class: "line", stroke,
        "stroke-width": style.model ? 2.4 : 1.4, "stroke-dasharray": dashes[style.dash % 4] }, layer);
      if (panel.marks) for (const p of at)
        make("circle", { cx: p.x, cy: p.y, r: style.model ? 4 : 3, stroke, "stroke-width": 1.4,
          fill: style.model ? stroke : "var(--surface)" }, layer);
      placed.push(...at);
    }
    const ring = make("circle", { r: 7, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, visibility: "hidden" }, svg);
    hover(svg, placed, ring, panel);
  }

  function hover(svg, placed, ring, panel) {
    let current = -1;
    const layers = [...svg.querySelectorAll("g")];
    const leave = () => {
      current = -1; tip.hidden = true; ring.setAttribute("visibility", "hidden");
      layers.forEach(layer => layer.classList.remove("dim"));
    };
    const show = index => {
      current = index;
      const point = placed[index];
      ring.setAttribute("cx", point.x); ring.setAttribute("cy", point.y);
      ring.setAttribute("visibility", "visible");
      layers.forEach(layer => layer.classList.toggle("dim", layer !== point.layer));
      tip.replaceChildren();
      point.p.about.forEach((line, number) => {
        const element = document.createElement(number ? "div" : "b");
        element.textContent = line;
        tip.append(element);
      });
      if (!panel.marks) {
        const element = document.createElement("div");
        element.textContent = `${panel.x.split(",")[0]} ${round(point.p.x)} %, ${panel.y.split(",")[0]} ${round(point.p.y)} %`;
        tip.append(element);
      }
      tip.hidden = false;
      const frame = svg.getBoundingClientRect(), box = tip.getBoundingClientRect();
      const scale = frame.width / svg.viewBox.baseVal.width;
      const left = frame.left + point.x * scale, top = frame.top + point.y * scale;
      tip.style.left = `${Math.max(8, Math.min(left - box.width / 2, document.documentElement.clientWidth - box.width - 8))}px`;
      tip.style.top = `${top - box.height - 14 > 4 ? top - box.height - 14 : top + 16}px`;
    };
    const move = event => {
      const frame = svg.getBoundingClientRect();
      const scale = frame.width / svg.viewBox.baseVal.width;
      const px = (event.clientX - frame.left) / scale, py = (event.clientY - frame.top) / scale;
      let best = -1, nearest = 48 ** 2;
      placed.forEach((p, index) => {
        const distance = (p.x - px) ** 2 + (p.y - py) ** 2;
        if (distance < nearest) { nearest = distance; best = index; }
      });
      if (best < 0) leave(); else if (best !== current) show(best);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerdown", move);
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("blur", leave);
    svg.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || !placed.length) { if (event.key === "Escape") leave(); return; }
      event.preventDefault();
      show((Math.max(current, step > 0 ? -1 : 0) + step + placed.length) % placed.length);
    });
  }

  // Legends.
  for (const button of document.querySelectorAll(".legend button")) {
    const style = styleOf(button.dataset.label), group = button.closest(".group");
    make("line", { x1: 1, x2: 25, y1: 5, y2: 5, stroke: colour(style), "stroke-width": style.model ? 2.6 : 1.6,
      "stroke-dasharray": dashes[style.dash % 4] }, button.firstChild);
    make("circle", { cx: 13, cy: 5, r: style.model ? 4 : 3, stroke: colour(style), "stroke-width": 1.4,
      fill: style.model ? colour(style) : "var(--surface)" }, button.firstChild);
    const layers = () => group.querySelectorAll(".plot g");
    button.addEventListener("click", () => {
      const off = hidden.get(group) || hidden.set(group, new Set()).get(group);
      const label = button.dataset.label;
      off.has(label) ? off.delete(label) : off.add(label);
      button.setAttribute("aria-pressed", String(!off.has(label)));
      group.querySelectorAll(".plot").forEach(draw);
    });
    button.addEventListener("pointerenter", event => event.pointerType === "mouse" && layers().forEach(
      layer => layer.classList.toggle("dim", layer.dataset.label !== button.dataset.label)));
    button.addEventListener("pointerleave", () => layers().forEach(layer => layer.classList.remove("dim")));
  }

  // Pictures that stand in several places are in the file once.
  for (const image of document.querySelectorAll("img[data-copy]")) {
    const source = document.getElementById(image.dataset.copy);
    if (source) image.src = source.src;
  }

  // Before and after.
  for (const compare of document.querySelectorAll(".compare")) {
    const group = compare.closest(".group"), part = name => compare.querySelector(name);
    const [left, right] = [part("select.left"), part("select.right")];
    const buttons = [...group.querySelectorAll(".chooser button")];
    const scenes = [...group.querySelectorAll(".scene")];
    let figures = [];
    const update = () => {
      const [one, two] = [figures[left.value], figures[right.value]];
      part(".over").src = document.getElementById(one.dataset.picture).src;
      part(".under").src = document.getElementById(two.dataset.picture).src;
      [[".over", one], [".under", two]].forEach(([name, figure], side) => {
        part(name).alt = figure.dataset.about.replaceAll("\n", ", ");
        part(".about").children[side].textContent = figure.dataset.about;
      });
    };
    const choose = id => {
      const chosen = [left.value, right.value].map(Number), known = left.options.length;
      scenes.forEach(scene => { scene.hidden = scene.id !== id; });
      buttons.forEach(button => button.setAttribute("aria-pressed", String(button.dataset.scene === id)));
      figures = [...document.getElementById(id).querySelectorAll("figure")];
      for (const select of [left, right])
        select.replaceChildren(...figures.map((figure, index) => new Option(figure.querySelector("figcaption span").textContent, index)));
      left.value = known && chosen[0] < figures.length ? chosen[0] : 0;
      right.value = known && chosen[1] < figures.length ? chosen[1] : figures.length - 1;
      if (!known) {
        const model = figures.findIndex(figure => figure.hasAttribute("data-bits"));
        if (model > 0) right.value = model;
      }
      update();
    };
    left.addEventListener("change", update);
    right.addEventListener("change", update);
    buttons.forEach(button => button.addEventListener("click", () => choose(button.dataset.scene)));
    part("input").addEventListener("input", event => {
      part(".over").style.clipPath = `inset(0 ${100 - event.target.value}% 0 0)`;
      part(".edge").style.left = `${event.target.value}%`;
    });
    choose(scenes[0].id);
  }

  // Of several one at a time.
  for (const several of document.querySelectorAll(".several")) {
    const select = several.querySelector("select"), all = [...several.querySelectorAll(".one")];
    const update = () => all.forEach((one, index) => { one.hidden = index !== Number(select.value); });
    several.classList.add("chosen");
    select.addEventListener("change", update);
    update();
  }

  // Tables sort by a click.
  for (const heading of document.querySelectorAll("th")) heading.addEventListener("click", () => {
    const table = heading.closest("table"), body = table.tBodies[0];
    const column = [...heading.parentNode.children].indexOf(heading);
    const up = heading.getAttribute("aria-sort") !== "ascending";
    const value = row => {
      const text = row.cells[column].textContent;
      const number = parseFloat(text.replace(/,/g, "").replace("−", "-"));
      return column < Number(table.dataset.left) || Number.isNaN(number) ? text : number;
    };
    const compare = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
    const rows = [...body.rows].sort((a, b) => (up ? 1 : -1) * compare(value(a), value(b)));
    table.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  });

  // Light and dark.
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const plots = document.querySelectorAll(".plot");
  plots.forEach(draw);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; plots.forEach(draw); } });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
