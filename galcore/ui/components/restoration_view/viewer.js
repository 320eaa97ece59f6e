// Hands on all panels together: one zoom, one place, one cross; slider and blink; values under the pointer.

const VIEW_BAR_ARCSEC = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
const VIEW_BAR_PX = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const NARROW_PX = 720, BLINK_MS = 800, PIXELS_FROM = 2.5, KEPT_VALUES = 4000;

class Viewer {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector(".rv-grid");
    this.view = { zoom: 1, x: 0, y: 0 };
    this.mode = "side";
    this.split = 0.5;
    this.outlined = true;
    this.values = new Map();
    this.listen();
  }

  update(data) {
    this.data = data;
    const signature = JSON.stringify({ ...data, fresh: false });
    if (signature === this.signature) return;
    this.signature = signature;
    if (data.source !== this.source) this.view = { zoom: 1, x: 0, y: 0 };
    this.source = data.source;
    this.values.clear();
    this.grid.style.setProperty("--rv-columns", data.columns);
    this.grid.style.setProperty("--rv-ratio", data.width / data.height);
    this.panels = [];
    this.grid.replaceChildren(...data.cells.map((cell) => this.cell(cell)));
    for (const name of ["outline", "mask"]) this.root.querySelector(`[data-act="${name}"]`).hidden = !data.mask;
    this.setMode(this.mode);
    // a result that has just come is scrolled to, once
    if (data.fresh) requestAnimationFrame(() => this.root.scrollIntoView({ block: "nearest", behavior: "smooth" }));
  }

  cell(cell) {
    if (cell.kind === "words") {
      const about = element("div", "rv-about");
      about.append(element("b", "", cell.title), element("div", "rv-words", cell.note), ...colourBar(cell.bar));
      return about;
    }
    const panel = new Panel(cell, this.data);
    this.panels.push(panel);
    return panel.root;
  }

  listen() {
    const on = (name, handler, options) => this.grid.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", () => { this.held = null; });
    on("pointercancel", () => { this.held = null; });
    on("pointerleave", () => this.look(null));
    on("dblclick", () => this.act("fit"));
    on("wheel", (event) => this.wheel(event), { passive: false });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.querySelector(".rv-tools").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.mode) this.setMode(button.dataset.mode);
      if (button?.dataset.act) this.act(button.dataset.act);
    });
    new ResizeObserver(() => {
      this.root.classList.toggle("rv-narrow", this.root.clientWidth < NARROW_PX);
      this.place();
    }).observe(this.root);
  }

  frameAt(event) {
    return event.target.closest?.(".rv-frame:not(.rv-none)") || null;
  }

  share(event, frame) {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  press(event) {
    const frame = this.frameAt(event);
    if (!frame || event.button !== 0) return;
    this.grid.focus({ preventScroll: true });
    const onLine = this.mode === "slider" && event.target.classList.contains("rv-line");
    this.held = { frame, onLine, last: this.share(event, frame) };
    this.grid.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  drag(event) {
    if (!this.held) return this.look(this.frameAt(event), event);
    const now = this.share(event, this.held.frame);
    if (this.held.onLine) {
      this.split = Math.max(0, Math.min(1, now[0]));
      return this.place();
    }
    this.move(now[0] - this.held.last[0], now[1] - this.held.last[1]);
    this.held.last = now;
    return undefined;
  }

  wheel(event) {
    const frame = this.frameAt(event);
    if (!frame || !(event.ctrlKey || this.root.contains(this.root.getRootNode().activeElement))) return;
    event.preventDefault();
    this.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.0022), ...this.share(event, frame));
  }

  zoom(factor, sx = 0.5, sy = 0.5) {
    const { zoom, x, y } = this.view, next = Math.max(1, Math.min(64, zoom * factor)), by = next / zoom;
    this.view = { zoom: next, x: sx - (sx - x) * by, y: sy - (sy - y) * by };
    this.move(0, 0);
  }

  move(dx, dy) {
    const least = 1 - this.view.zoom;
    this.view.x = Math.max(least, Math.min(0, this.view.x + dx));
    this.view.y = Math.max(least, Math.min(0, this.view.y + dy));
    this.place();
  }

  place() {
    if (!this.panels?.length) return;
    const wide = this.panels[0].frame.clientWidth, perPixel = (wide * this.view.zoom) / this.data.width;
    for (const panel of this.panels) {
      panel.place(this.view, perPixel >= PIXELS_FROM);
      panel.compare(this.mode, this.split, this.blinkOriginal, this.view);
      if (panel.rim) panel.rim.style.visibility = this.outlined ? "visible" : "hidden";
      if (panel.scale) this.drawScale(panel.scale, perPixel, wide);
    }
  }

  drawScale(bar, perPixel, wide) {
    const arcsec = this.data.scale, perUnit = perPixel / (arcsec || 1);
    const length = (arcsec ? VIEW_BAR_ARCSEC : VIEW_BAR_PX).filter((step) => step * perUnit <= wide * 0.24).pop();
    bar.hidden = !length;
    if (!length) return;
    bar.style.width = `${length * perUnit}px`;
    bar.textContent = arcsec ? (length >= 60 ? `${length / 60}′` : `${length}″`) : `${length} px`;
  }

  setMode(mode) {
    this.mode = mode;
    for (const button of this.root.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    clearInterval(this.blinking);
    this.blinkOriginal = mode === "blink";
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (mode === "blink" && !still) this.blinking = setInterval(() => (this.root.isConnected ? this.blink() : clearInterval(this.blinking)), BLINK_MS);
    this.place();
  }

  blink() {
    this.blinkOriginal = !this.blinkOriginal;
    this.place();
  }

  act(name) {
    if (name === "in") this.zoom(1.5);
    if (name === "out") this.zoom(1 / 1.5);
    if (name === "fit") {
      this.view = { zoom: 1, x: 0, y: 0 };
      this.place();
    }
    if (name === "mask" && this.data.mask) this.zoomToMask();
    if (name === "outline") {
      this.outlined = !this.outlined;
      this.root.querySelector('[data-act="outline"]').setAttribute("aria-pressed", String(this.outlined));
      this.place();
    }
  }

  // The mask fills a good part of every picture.
  zoomToMask() {
    const { width, height, mask } = this.data, [left, top, right, bottom] = maskBox(mask, width, height);
    const zoom = Math.max(1, Math.min(24, 0.55 / Math.max((right - left) / width, (bottom - top) / height)));
    this.view = { zoom, x: 0.5 - (zoom * (left + right)) / 2 / width, y: 0.5 - (zoom * (top + bottom)) / 2 / height };
    this.move(0, 0);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 0.08, keys = {
      w: () => this.setMode(this.mode === "slider" ? "side" : "slider"), b: () => this.setMode(this.mode === "blink" ? "side" : "blink"),
      o: () => this.act("outline"), m: () => this.act("mask"), "+": () => this.act("in"), "=": () => this.act("in"), "-": () => this.act("out"), 0: () => this.act("fit"),
      ArrowLeft: () => this.step(step, 0), ArrowRight: () => this.step(-step, 0), ArrowUp: () => this.step(0, step), ArrowDown: () => this.step(0, -step),
    };
    if (this.mode === "blink" && event.target === this.grid) keys[" "] = () => this.blink();
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  // Arrows move the line while the whole image is seen, else the image.
  step(dx, dy) {
    if (this.mode === "slider" && this.view.zoom === 1) this.split = Math.max(0, Math.min(1, this.split - dx / 2));
    this.move(dx, dy);
  }

  look(frame, event) {
    const where = this.root.querySelector(".rv-where");
    if (!frame) {
      this.at = null;
      where.textContent = this.data?.hint || "";
      for (const panel of this.panels || []) panel.point(null, "");
      return;
    }
    const at = this.share(event, frame), { zoom, x, y } = this.view;
    const column = Math.floor(((at[0] - x) / zoom) * this.data.width), row = Math.floor(((at[1] - y) / zoom) * this.data.height);
    this.at = `${column}/${row}`;
    where.textContent = `x ${column} · y ${row} px`;
    for (const panel of this.panels) panel.point(at, this.words(panel));
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(this.at, at), 50);
  }

  words(panel) {
    const values = this.values.get(`${panel.column}:${this.at}`), value = values?.[panel.kind];
    if (value === undefined) return "";
    return value === null ? "no value" : `${panel.kind === "sigma" ? "±" : ""}${figure(value)}`;
  }

  async ask(place, at) {
    if (this.values.size > KEPT_VALUES) this.values.clear();
    await Promise.all(this.data.values.map(async (prefix, column) => {
      if (this.values.has(`${column}:${place}`)) return;
      try {
        const answer = await fetch(prefix + place);
        if (answer.ok) this.values.set(`${column}:${place}`, await answer.json());
      } catch {
        // no values while the server is away
      }
    }));
    if (this.at === place) for (const panel of this.panels) panel.point(at, this.words(panel));
  }
}

// Left, top, right and bottom of what is masked.
function maskBox(runs, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0], at = 0;
  runs.forEach((run, n) => {
    if (n % 2) {
      const last = at + run - 1, several = Math.floor(at / width) !== Math.floor(last / width);
      left = Math.min(left, several ? 0 : at % width);
      right = Math.max(right, several ? width : (last % width) + 1);
      top = Math.min(top, Math.floor(at / width));
      bottom = Math.max(bottom, Math.floor(last / width) + 1);
    }
    at += run;
  });
  return [left, top, right, bottom];
}

function figure(value) {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".rv");
  root.viewer = root.viewer || new Viewer(root);
  root.viewer.update(data);
}
