// Hands on the canvas: mouse, pen, fingers, keys; and the one message that goes to the server.

const KEYS = [
  ["drag", "draw with the tool in hand; alt (or the right button) erases"],
  ["wheel, two fingers", "zoom and move, with any tool; click the image first"],
  ["b  l  d  e  v", "brush, line, disc, eraser, move"],
  ["shift + line", "the trail runs on to the edges of the image"],
  ["[  ]", "smaller, larger"],
  ["u  y  ⌫", "undo, redo, clear"],
  ["+  −  0", "zoom in, out, whole image"],
  ["arrows, space", "move the cross (shift: ten pixels), draw there; a line: space at each end"],
  ["⏎", "fill in what is masked"],
  ["?", "this list"],
];

class MaskCanvas {
  constructor(root) {
    this.root = root;
    this.view = new MaskView(root);
    this.canvas = this.view.canvas;
    this.size = root.querySelector(".mc-size input");
    this.pointers = new Map();
    this.number = Date.now();
    this.fillKeys();
    this.setTool("brush");
    this.listen();
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    if (data.source !== this.source) {
      this.source = data.source;
      this.mask = new Mask(data.width, data.height);
      this.view.picture = null;
      this.view.open(data.width, data.height, data.scale);
      this.size.max = Math.max(20, Math.round(Math.min(data.width, data.height) / 4));
      this.setSize(Math.max(2, Math.round(Math.min(data.width, data.height) / 22)));
      this.recall();
    }
    this.view.load(data.picture);
    this.showProposals();
    this.show();
  }

  // What was drawn and not sent yet survives another page and a reload.
  recall() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(this.draftKey));
    } catch {
      // a browser that keeps nothing still draws
    }
    const runs = this.mask.fits(kept) ? kept : this.data.runs;
    if (this.mask.fits(runs)) this.mask.runs = runs;
  }

  keep() {
    try {
      sessionStorage.setItem(this.draftKey, JSON.stringify(this.mask.runs));
    } catch {
      // full or forbidden: the mask then lives as long as the page
    }
  }

  get draftKey() {
    return `galcore.mask.${this.source}`;
  }

  show() {
    this.view.showMask(this.mask);
    this.tellCount();
  }

  tellCount() {
    const count = this.mask.count, share = (100 * count) / this.mask.pixels.length;
    this.root.querySelector(".mc-count").textContent = count
      ? `${count.toLocaleString("en")} px masked (${share < 0.1 ? share.toFixed(2) : share.toFixed(1)} %)` : "nothing masked yet";
    this.root.querySelector(".mc-hint").textContent = count ? "" : "Paint over what should be filled in, or take a proposed mask below";
    this.root.querySelector('[data-act="undo"]').disabled = !this.mask.done.length;
    this.root.querySelector('[data-act="redo"]').disabled = !this.mask.undone.length;
    this.root.querySelector('[data-act="clear"]').disabled = !count;
    const apply = this.root.querySelector(".mc-apply");
    apply.disabled = !count || this.data.busy;
    apply.title = count ? "Sends the mask and fills it in" : "Mask something first: paint it, or take a proposed mask";
  }

  change(edit) {
    this.mask.remember();
    edit();
    this.changed();
  }

  changed() {
    this.keep();
    this.show();
  }

  showProposals() {
    const box = this.root.querySelector(".mc-proposed"), signature = JSON.stringify(this.data.proposals.map((each) => [each.words, each.runs.length]));
    if (signature === this.proposed) return;
    this.proposed = signature;
    box.replaceChildren(...this.data.proposals.map((proposal) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = proposal.help;
      button.append(document.createElement("i"), proposal.words);
      for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => this.preview(proposal));
      for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => this.preview(null));
      button.addEventListener("click", () => {
        if (this.mask.fits(proposal.runs)) this.change(() => this.mask.add(proposal.runs));
      });
      return button;
    }));
    if (this.data.proposals.length) box.prepend("Proposed:");
  }

  // What a proposal would cover, before it is taken.
  preview(proposal) {
    this.view.preview = null;
    if (proposal && this.mask.fits(proposal.runs)) {
      const proposed = new Mask(this.mask.width, this.mask.height), layer = document.createElement("canvas");
      [layer.width, layer.height] = [proposed.width, proposed.height];
      proposed.runs = proposal.runs;
      proposed.paint(layer.getContext("2d"));
      this.view.preview = layer;
    }
    this.view.redraw();
  }

  fillKeys() {
    const list = document.createElement("dl");
    for (const [keys, words] of KEYS) {
      const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = keys;
      meaning.textContent = words;
      list.append(term, meaning);
    }
    this.root.querySelector(".mc-keys").append(list);
  }

  listen() {
    const on = (name, handler, options) => this.canvas.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.abandon(event));
    on("pointerleave", () => { if (!this.stroke) this.point(null); });
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => {
      // before the image is in hand the wheel scrolls the page, as anywhere
      if (!event.ctrlKey && this.root.getRootNode().activeElement !== this.canvas) return;
      event.preventDefault();
      this.view.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.0022), ...this.view.at(event));
    }, { passive: false });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.tool) this.setTool(button.dataset.tool);
      if (button?.dataset.act) this.act(button.dataset.act);
    });
    this.root.querySelector(".mc-keys").addEventListener("click", () => this.act("keys"));
    this.size.addEventListener("input", () => this.setSize(Number(this.size.value)));
  }

  setTool(tool) {
    this.tool = tool;
    this.canvas.classList.toggle("mc-moving", tool === "move");
    for (const button of this.root.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }

  setSize(size) {
    this.size.value = Math.max(1, Math.min(Number(this.size.max), size));
    this.root.querySelector(".mc-size output").textContent = `${this.size.value} px`;
  }

  get radius() {
    return Number(this.size.value) / 2;
  }

  act(name) {
    const acts = {
      undo: () => { this.mask.undo(); this.changed(); },
      redo: () => { this.mask.redo(); this.changed(); },
      clear: () => { if (this.mask.count) this.change(() => this.mask.clear()); },
      in: () => this.view.zoom(1.5),
      out: () => this.view.zoom(1 / 1.5),
      fit: () => this.view.fit(),
      keys: () => { const list = this.root.querySelector(".mc-keys"); list.hidden = !list.hidden; },
      apply: () => this.apply(),
    };
    acts[name]();
  }

  apply() {
    if (!this.mask.count || this.data.busy) return;
    this.number += 1;
    this.canvas.blur();
    this.send("mask", { number: this.number, source: this.source, width: this.mask.width, height: this.mask.height, runs: this.mask.runs });
  }

  press(event) {
    this.canvas.focus({ preventScroll: true });
    this.pointers.set(event.pointerId, this.view.at(event));
    this.canvas.setPointerCapture(event.pointerId);
    if (this.pointers.size === 2) return this.beginPinch();
    const at = this.view.toImage(this.view.at(event));
    if (this.tool === "move" || event.button === 1) this.stroke = { kind: "move", last: this.view.at(event) };
    else if (this.pointers.size === 1) this.begin(at, event.altKey || event.button === 2);
    return event.preventDefault();
  }

  begin(at, erasing) {
    this.root.querySelector(".mc-hint").textContent = "";
    this.mask.remember();
    this.stroke = { kind: this.tool === "eraser" ? "brush" : this.tool, from: at, last: at, value: erasing || this.tool === "eraser" ? 0 : 1 };
    if (this.stroke.kind === "brush") this.paint(at);
  }

  paint(at) {
    const box = this.mask.capsule(this.stroke.last, at, this.radius, this.stroke.value);
    this.stroke.last = at;
    this.view.showMask(this.mask, box);
  }

  drag(event) {
    const screen = this.view.at(event), at = this.view.toImage(screen);
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, screen);
    if (this.pinch) return this.movePinch();
    this.point(at, event.pointerType !== "touch");
    if (!this.stroke) return undefined;
    if (this.stroke.kind === "move") {
      this.view.move(screen[0] - this.stroke.last[0], screen[1] - this.stroke.last[1]);
      this.stroke.last = screen;
    } else if (this.stroke.kind === "brush") this.paint(at);
    else this.view.ghost = this.shape(at, event.shiftKey);
    return this.view.redraw();
  }

  // Ends and half width of the line or disc between where the pointer went down and where it is.
  shape(at, toEdge) {
    const { from, kind } = this.stroke, far = Math.hypot(at[0] - from[0], at[1] - from[1]);
    if (kind === "disc") return { points: [from, from], radius: Math.max(far, this.radius) };
    return { points: toEdge ? toEdges(from, at, this.mask.width, this.mask.height) : [from, at], radius: this.radius };
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    if (this.pinch) {
      if (!this.pointers.size) this.pinch = null;
    } else if (this.stroke) this.finish(this.view.toImage(this.view.at(event)), event.shiftKey);
  }

  finish(at, toEdge) {
    const { kind, value } = this.stroke;
    if (kind === "line" || kind === "disc") {
      const { points, radius } = this.shape(at, toEdge);
      this.mask.capsule(...points, radius, value);
    }
    this.stroke = this.view.ghost = null;
    if (kind !== "move") this.changed();
  }

  // Fingers beyond the first, or a lost pointer: what the stroke began is taken back.
  abandon(event) {
    if (event) this.pointers.delete(event.pointerId);
    if (this.stroke && this.stroke.kind !== "move") {
      this.mask.runs = this.mask.done.pop();
      this.changed();
    }
    this.stroke = this.view.ghost = null;
    if (event) this.pinch = null;
  }

  beginPinch() {
    this.abandon(null);
    this.pinch = this.grip();
  }

  movePinch() {
    if (this.pointers.size < 2) return;
    const now = this.grip(), before = this.pinch;
    this.view.move(now.x - before.x, now.y - before.y);
    this.view.zoom(now.far / before.far, now.x, now.y);
    this.pinch = now;
  }

  grip() {
    const [[ax, ay], [bx, by]] = [...this.pointers.values()];
    return { x: (ax + bx) / 2, y: (ay + by) / 2, far: Math.max(1, Math.hypot(ax - bx, ay - by)) };
  }

  point(at, visible = true) {
    const draws = at && visible && this.tool !== "move";
    this.view.cursor = draws ? { at, radius: this.tool === "disc" ? 1 : this.radius, cross: this.tool === "disc" } : null;
    this.view.redraw();
  }

  key(event) {
    if (event.target === this.size) return;
    const step = event.shiftKey ? 10 : 1, modified = event.ctrlKey || event.metaKey;
    if (modified && event.key.toLowerCase() === "z") this.act(event.shiftKey ? "redo" : "undo");
    else if (modified || event.altKey) return;
    else if (event.target !== this.canvas && (event.key === "Enter" || event.key === " ")) return;
    else if (!this.plainKey(event.key, step)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  plainKey(key, step) {
    const tools = { b: "brush", l: "line", d: "disc", e: "eraser", v: "move" };
    const acts = { u: "undo", y: "redo", Backspace: "clear", Delete: "clear", "+": "in", "=": "in", "-": "out", 0: "fit", "?": "keys", Enter: "apply" };
    const steps = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (tools[key]) this.setTool(tools[key]);
    else if (acts[key]) this.act(acts[key]);
    else if (key === "[" || key === "]") this.setSize(Number(this.size.value) + (key === "]" ? 1 : -1) * Math.max(1, Math.round(this.radius / 4)));
    else if (key === "Escape") this.escape();
    else if (steps[key]) this.stepCross(...steps[key]);
    else if (key === " ") this.drawAtCross();
    else return false;
    return true;
  }

  escape() {
    this.root.querySelector(".mc-keys").hidden = true;
    if (this.stroke) this.abandon(null);
  }

  stepCross(dx, dy) {
    const [x, y] = this.cross || [this.mask.width / 2, this.mask.height / 2];
    this.cross = [Math.max(0.5, Math.min(this.mask.width - 0.5, x + dx)), Math.max(0.5, Math.min(this.mask.height - 0.5, y + dy))];
    this.view.cursor = { at: this.cross, radius: this.radius, cross: true };
    if (this.stroke) this.view.ghost = this.shape(this.cross, false);
    this.view.redraw();
  }

  drawAtCross() {
    if (this.tool === "move") return;
    if (!this.cross) this.stepCross(0, 0);
    if (!this.stroke) this.begin(this.cross, false);
    else return this.finish(this.cross, false);
    if (this.stroke.kind !== "line") this.finish(this.cross, false);
    return undefined;
  }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".mc");
  root.maskCanvas = root.maskCanvas || new MaskCanvas(root);
  root.maskCanvas.update(data, setStateValue);
}
