// What is seen: the picture under the mask, zoomed and moved; the cursor; the scale bar.

const CANVAS_BAR_ARCSEC = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
const CANVAS_BAR_PX = [1, 2, 5, 10, 20, 50, 100, 200, 500];

class MaskView {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector(".mc-canvas");
    this.stage = root.querySelector(".mc-stage");
    this.layer = document.createElement("canvas");
    this.view = { scale: 1, x: 0, y: 0 };
    this.picture = null;
    this.ghost = this.preview = null;
    this.cursor = null;
    new ResizeObserver(() => this.measure()).observe(this.stage);
  }

  // Another image: its size decides the stage, its picture arrives later.
  open(width, height, scale) {
    this.width = this.layer.width = width;
    this.height = this.layer.height = height;
    this.arcsec = scale;
    this.touched = false;
    this.measure();
  }

  async load(address) {
    if (address === this.address) return;
    this.address = address;
    const picture = new Image();
    this.say(this.picture ? "" : "loading the picture …");
    picture.onload = () => {
      if (address !== this.address) return;
      this.picture = picture;
      this.say("");
      this.redraw();
    };
    picture.onerror = () => { if (address === this.address) this.say("The picture could not be loaded; reload the page."); };
    picture.src = address;
  }

  say(text) {
    this.root.querySelector(".mc-message").textContent = text;
  }

  measure() {
    if (!this.width) return;
    const wide = this.stage.clientWidth;
    if (!wide) return;
    this.stage.style.setProperty("--mc-high", `${Math.round((wide * this.height) / this.width)}px`);
    this.wide = wide;
    this.high = this.stage.clientHeight;
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.wide * this.ratio);
    this.canvas.height = Math.round(this.high * this.ratio);
    if (!this.touched) this.fit();
    else this.redraw();
  }

  fit() {
    const scale = Math.min(this.wide / this.width, this.high / this.height);
    this.view = { scale, x: (this.wide - this.width * scale) / 2, y: (this.high - this.height * scale) / 2 };
    this.touched = false;
    this.redraw();
  }

  zoom(factor, px = this.wide / 2, py = this.high / 2) {
    const least = 0.5 * Math.min(this.wide / this.width, this.high / this.height), { scale, x, y } = this.view;
    const next = Math.max(least, Math.min(40, scale * factor)), by = next / scale;
    this.view = { scale: next, x: px - (px - x) * by, y: py - (py - y) * by };
    this.touched = true;
    this.redraw();
  }

  move(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.touched = true;
    this.redraw();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  toImage([px, py]) {
    return [(px - this.view.x) / this.view.scale, (py - this.view.y) / this.view.scale];
  }

  showMask(mask, box) {
    mask.paint(this.layer.getContext("2d"), box);
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const context = this.canvas.getContext("2d"), { scale, x, y } = this.view;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = "#05070c";
    context.fillRect(0, 0, this.wide, this.high);
    context.imageSmoothingEnabled = scale < 1;
    for (const part of [this.picture, this.layer, this.preview]) if (part) context.drawImage(part, x, y, this.width * scale, this.height * scale);
    if (this.ghost) this.drawGhost(context);
    if (this.cursor) this.drawCursor(context);
    this.drawScale();
  }

  // What would be drawn if the button were let go now.
  drawGhost(context) {
    const { scale, x, y } = this.view, [[ax, ay], [bx, by]] = this.ghost.points, radius = Math.max(this.ghost.radius, 0.5) * scale;
    context.strokeStyle = "rgba(200, 233, 255, 0.75)";
    context.lineCap = "round";
    context.lineWidth = 2 * radius;
    context.beginPath();
    context.moveTo(x + ax * scale, y + ay * scale);
    context.lineTo(x + bx * scale + 0.01, y + by * scale);
    context.globalAlpha = 0.45;
    context.stroke();
    context.globalAlpha = 1;
  }

  drawCursor(context) {
    const { scale, x, y } = this.view, { at, radius, cross } = this.cursor, px = x + at[0] * scale, py = y + at[1] * scale;
    for (const [colour, width] of [["#000000", 3], ["#ffffff", 1.25]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(px, py, Math.max(2, radius * scale), 0, 2 * Math.PI);
      if (cross) for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(px + 4 * dx, py + 4 * dy);
        context.lineTo(px + 14 * dx, py + 14 * dy);
      }
      context.stroke();
    }
  }

  drawScale() {
    const bar = this.root.querySelector(".mc-scale"), unit = this.arcsec || 1, perUnit = this.view.scale / unit;
    const steps = this.arcsec ? CANVAS_BAR_ARCSEC : CANVAS_BAR_PX, length = steps.filter((step) => step * perUnit <= this.wide * 0.22).pop();
    bar.hidden = !length;
    if (!length) return;
    bar.style.width = `${length * perUnit}px`;
    bar.textContent = this.arcsec ? (length >= 60 ? `${length / 60}′` : `${length}″`) : `${length} px`;
  }
}
