// Hands on one picture: the wheel zooms where the pointer is, dragging moves, a double click shows all again.

const MOST_ZOOM = 32, PIXELS_FROM = 6, KEY_STEP = 1.5;

class SkyPicture {
  constructor(root) {
    this.root = root;
    this.image = root.querySelector(".sp-picture");
    this.marks = new SkyMarks(root);
    this.view = { zoom: 1, x: 0, y: 0 };
    const on = (name, handler, options) => root.addEventListener(name, handler, options);
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", () => { this.held = null; });
    on("pointercancel", () => { this.held = null; });
    on("pointerleave", () => { this.clicked = false; });
    on("dblclick", () => this.fit());
    on("keydown", (event) => this.key(event));
    this.image.addEventListener("load", () => this.place());
  }

  async show({ address, name, card }) {
    if (name !== this.name) this.view = { zoom: 1, x: 0, y: 0 };
    this.name = name;
    if (card !== this.card) this.takeFocus();
    this.card = card;
    this.image.alt = `galaxy ${name}`;
    if (this.image.getAttribute("src") !== address) this.image.setAttribute("src", address);
    this.place();
    await this.marks.show(address);
    this.place();
    const broken = Boolean(this.marks.facts && this.marks.facts.broken);
    this.root.querySelector(".sp-missing").hidden = !broken;
  }

  // Keys mean the galaxy that has just come, not the button or tab that was pressed before it.
  takeFocus() {
    if (isTyping(activeElement()) || document.querySelector('[data-testid="stDialog"], [data-testid="stPopoverBody"]')) return;
    this.root.focus({ preventScroll: true });
  }

  share(event) {
    const box = this.root.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // The page scrolls as ever until somebody has clicked on the picture, or holds ctrl.
  wheel(event) {
    if (!event.ctrlKey && !this.clicked) return;
    event.preventDefault();
    this.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.0022), ...this.share(event));
  }

  press(event) {
    if (event.button !== 0) return;
    this.root.focus({ preventScroll: true });
    this.clicked = true;
    this.held = this.share(event);
    this.root.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  drag(event) {
    if (!this.held) return;
    const now = this.share(event);
    this.view.x += now[0] - this.held[0];
    this.view.y += now[1] - this.held[1];
    this.held = now;
    this.place();
  }

  zoom(factor, sx = 0.5, sy = 0.5) {
    const { zoom, x, y } = this.view, next = Math.max(1, Math.min(MOST_ZOOM, zoom * factor)), by = next / zoom;
    this.view = { zoom: next, x: sx - (sx - x) * by, y: sy - (sy - y) * by };
    this.place();
  }

  fit() {
    this.view = { zoom: 1, x: 0, y: 0 };
    this.place();
  }

  place() {
    const view = this.view, least = 1 - view.zoom;
    view.x = Math.max(least, Math.min(0, view.x));
    view.y = Math.max(least, Math.min(0, view.y));
    this.image.style.transform = `translate(${100 * view.x}%, ${100 * view.y}%) scale(${view.zoom})`;
    const enlarged = (this.root.clientWidth * view.zoom) / Math.max(this.image.naturalWidth, 1);
    this.image.classList.toggle("sp-pixels", enlarged >= PIXELS_FROM);
    setText(this.root.querySelector(".sp-zoom"), view.zoom > 1.01 ? `× ${view.zoom.toFixed(1)}` : "");
    this.marks.draw(view.zoom);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { "+": () => this.zoom(KEY_STEP), "=": () => this.zoom(KEY_STEP), "-": () => this.zoom(1 / KEY_STEP), 0: () => this.fit() };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".sp");
  root.picture ||= new SkyPicture(root);
  root.picture.show(data);
}
