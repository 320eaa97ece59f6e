// Hands on the map: pointer, wheel and keys; the hover card; the outbox of gestures.

Object.assign(AtlasMap.prototype, {
  listen() {
    const on = (name, handler, options) => this.marks.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", () => this.cancel());
    on("lostpointercapture", () => { if (this.start) this.cancel(); });
    on("pointerleave", () => this.hover(-1));
    on("dblclick", () => { if (this.hovered >= 0) this.tell({ kind: "open", row: this.hovered }); });
    on("wheel", (event) => {
      event.preventDefault();
      const [px, py] = this.at(event);
      this.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.0022), px, py);
      this.hover(-1);
    }, { passive: false });
    on("keydown", (event) => this.key(event));
    this.pick(".tools").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.tool) this.setTool(button.dataset.tool);
      else this.act(button.dataset.act);
    });
    this.watcher = new ResizeObserver(() => {
      if (!this.data) return;
      this.measure();
      this.redraw();
    });
    this.watcher.observe(this.root);
  },

  at(event) {
    const box = this.marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  },

  setTool(tool) {
    this.tool = tool;
    this.marks.classList.toggle("drawing", tool !== "pan");
    for (const button of this.root.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  },

  act(name) {
    if (name === "in") this.zoom(1.6);
    if (name === "out") this.zoom(1 / 1.6);
    if (name === "fit") this.fit();
    if (name === "pictures") {
      this.alwaysPictures = !this.alwaysPictures;
      this.pick('[data-act="pictures"]').setAttribute("aria-pressed", String(this.alwaysPictures));
      this.redraw();
    }
  },

  key(event) {
    if (event.ctrlKey || event.metaKey) return;
    const step = 60, actions = {
      ArrowLeft: () => this.move(step, 0), ArrowRight: () => this.move(-step, 0),
      ArrowUp: () => this.move(0, step), ArrowDown: () => this.move(0, -step),
      "+": () => this.act("in"), "=": () => this.act("in"), "-": () => this.act("out"), 0: () => this.act("fit"),
      v: () => this.setTool("pan"), l: () => this.setTool("lasso"), b: () => this.setTool("box"),
      p: () => this.act("pictures"),
      Escape: () => (this.drawn ? this.cancel() : this.tell({ kind: "clear" })),
      Enter: () => { if (this.hovered >= 0) this.tell({ kind: "open", row: this.hovered }); },
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  },

  press(event) {
    if (event.button !== 0 || !this.grid) return;
    this.marks.setPointerCapture(event.pointerId);
    this.start = this.last = this.at(event);
    this.moved = false;
    if (this.tool !== "pan" && !this.data.mini) this.drawn = [this.start];
    else this.marks.classList.add("dragging");
  },

  drag(event) {
    const now = this.at(event);
    if (!this.start) {
      if (this.grid) this.hover(this.under(...now));
      return;
    }
    if (Math.hypot(now[0] - this.start[0], now[1] - this.start[1]) > CLICK_SLACK_PX) this.moved = true;
    if (this.drawn) {
      const last = this.drawn[this.drawn.length - 1];
      if (this.tool === "box") this.drawn = [this.start, now];
      else if (Math.hypot(now[0] - last[0], now[1] - last[1]) > 3) this.drawn.push(now);
      this.redraw();
    } else if (this.moved) {
      this.move(now[0] - this.last[0], now[1] - this.last[1]);
      this.hover(-1);
    }
    this.last = now;
  },

  release(event) {
    if (!this.start) return;
    const mode = event.shiftKey ? "add" : event.altKey ? "subtract" : "replace";
    const polygon = this.drawn && this.moved ? this.corners().map(([x, y]) => this.toMap(x, y)) : null;
    const clicked = !this.moved && this.hovered >= 0 ? this.hovered : -1;
    this.cancel();
    if (polygon && polygon.length > 2) this.tell({ kind: "lasso", mode, polygon: thinned(polygon) });
    else if (clicked >= 0) this.tell({ kind: "point", row: clicked, mode: this.isSelected(clicked) ? "subtract" : "add" });
  },

  cancel() {
    this.start = this.drawn = null;
    this.marks.classList.remove("dragging");
    this.redraw();
  },

  corners() {
    if (this.tool !== "box" || this.drawn.length < 2) return this.drawn;
    const [[x0, y0], [x1, y1]] = this.drawn;
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  },

  // The outbox: gestures stay in the state until Python says that it has seen them, so none is lost when two
  // follow each other quickly.
  tell(gesture) {
    if (this.data.mini && gesture.kind !== "open") return;
    this.number += 1;
    const hidden = [...this.hidden.keys()].filter((code) => this.hidden[code] && code !== FILTERED_OUT);
    this.pending.push({ mode: "replace", hidden, ...gesture, number: this.number });
    this.timings.told = performance.now();
    this.send("gestures", this.pending);
  },

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    this.cardBox.style.display = row < 0 || (this.tool !== "pan" && !this.data.mini) ? "none" : "block";
    this.drawMarks();
    if (row < 0) return;
    const [px, py] = this.toScreen(row), wide = this.cardBox.offsetWidth, high = this.cardBox.offsetHeight;
    const left = px + 18 + wide < this.width ? px + 18 : Math.max(4, px - 18 - wide);
    this.cardBox.style.left = `${left}px`;
    this.cardBox.style.top = `${Math.max(4, Math.min(this.height - high - 4, py - high / 3))}px`;
    const picture = this.pick(".card .picture"), started = performance.now();
    picture.removeAttribute("src");
    picture.onload = () => { this.timings.hoverPicture = performance.now() - started; this.note(); };
    picture.src = `${this.data.stamps}${PICTURE_PX}/${row}`;
    this.fillCard(row, started);
  },

  async fillCard(row, started) {
    this.showCard(this.cards.get(row));
    if (this.cards.has(row)) return;
    try {
      const answer = await fetch(this.data.cards + row);
      if (!answer.ok) return;
      const card = await answer.json();
      this.cards.set(row, card);
      if (row !== this.hovered) return;
      this.showCard(card);
      this.timings.hoverCard = performance.now() - started;
      this.note();
    } catch {
      // Offline: the picture may still come from the browser's cache, the words come with the next hover.
    }
  },

  showCard(card) {
    this.pick(".card .id").textContent = card ? card.id : "…";
    const lines = [];
    if (card && card.score !== undefined && card.score !== null) lines.push([`score: ${card.answer}`, card.score.toFixed(2)]);
    if (card && card.label !== undefined) lines.push(["label", card.label || "none yet"]);
    for (const [name, text] of card ? card.values : []) lines.push([name, text]);
    const cells = lines.flatMap(([name, text]) => {
      const term = document.createElement("dt"), value = document.createElement("dd");
      term.textContent = name;
      value.textContent = text;
      term.dir = value.dir = "auto";
      return [term, value];
    });
    this.pick(".card dl").replaceChildren(...cells);
  },

  note() {
    this.root.dataset.timings = JSON.stringify(this.timings);
  },
});

// At most 400 corners: a lasso needs no more, and the message stays small.
function thinned(polygon) {
  const step = Math.ceil(polygon.length / 400);
  return polygon.filter((_, k) => k % step === 0);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".atlas");
  root.map = root.map || new AtlasMap(root);
  root.map.update(data, setStateValue);
}
