// The map: draws points, shows what is under the pointer, and tells Python which polygon was drawn.
// Python never gets point lists; it finds the points itself. A rerun calls the default export again with new
// data, so everything lives in one object kept on the root element.

const THUMBNAIL_PX = 64, HOVER_RADIUS_PX = 14, CLICK_SLACK_PX = 4, PICTURE_PX = 192;
const FILTERED_OUT = 254;

function bytesOf(base64) {
  const text = atob(base64 || ""), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function rgbOf(hex) {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

// On a light ground light colours are hard to see: each is darkened, the lighter the more, in order as they were.
function onGround(legend, root) {
  const ground = getComputedStyle(root).backgroundColor.match(/[\d.]+/g).map(Number);
  if (lightness(ground) < 0.5) return legend;
  const darken = (colour) => {
    const rgb = rgbOf(colour), share = 1 - 0.4 * lightness(rgb);
    return `#${rgb.map((each) => Math.round(each * share).toString(16).padStart(2, "0")).join("")}`;
  };
  return {
    ...legend,
    scale: legend.scale && legend.scale.map(darken),
    entries: legend.entries.map((entry) => ({ ...entry, colour: darken(entry.colour) })),
  };
}

function lightness([red, green, blue]) {
  return (0.21 * red + 0.72 * green + 0.07 * blue) / 255;
}

// Radius of a point in CSS pixels: the fewer there are, the larger.
function radiusFor(crowd) {
  return crowd > 60000 ? 0.7 : crowd > 15000 ? 1.1 : crowd > 2500 ? 1.7 : crowd > 400 ? 2.6 : 3.6;
}

class AtlasMap {
  constructor(root) {
    this.root = root;
    this.pick = (selector) => root.querySelector(selector);
    this.points = this.pick("canvas.points");
    this.marks = this.pick("canvas.marks");
    this.cardBox = this.pick(".card");
    this.view = { x: 0, y: 0, scale: 300 };
    this.tool = "pan";
    this.hiddenOf = new Map(); // legend title → hidden codes
    this.hidden = new Uint8Array(256);
    this.pending = [];
    this.number = Date.now(); // a reloaded tab must not count from the beginning again
    this.raster = new PointRaster();
    this.thumbnails = new Thumbnails(() => this.redraw());
    this.cards = new Map();
    this.hovered = -1;
    this.timings = {};
    this.listen();
  }

  update(data, send) {
    this.send = send;
    if (this.data && this.data.n_selected !== data.n_selected) {
      this.pick(".sr").textContent = `${data.n_selected} galaxies selected`;
    }
    this.data = { ...data, legend: onGround(data.legend, this.root) };
    this.pending = this.pending.filter((each) => each.number > (data.acknowledged || 0));
    this.root.classList.toggle("mini", Boolean(data.mini));
    for (const selector of [".tools", ".legend", ".status"]) this.pick(selector).hidden = Boolean(data.mini);
    this.pick(".tools").style.display = this.pick(".status").style.display = data.mini ? "none" : "";
    this.marks.setAttribute("aria-label", `Map of ${data.n} galaxies. Arrow keys move, plus and minus zoom, l draws a lasso, b a box.`);
    this.codes = bytesOf(data.codes);
    this.selectedBits = bytesOf(data.selected);
    this.paint(this.data.legend);
    this.cards.clear();
    this.showLegend();
    if (data.geometry !== this.geometry) this.fetchGeometry(data.geometry);
    else this.redraw();
    this.setTool(this.tool);
  }

  async fetchGeometry(address) {
    this.geometry = address;
    this.say("Loading the map …");
    const started = performance.now();
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(await answer.text());
      const floats = new Float32Array(await answer.arrayBuffer()), n = floats.length / 2;
      if (address !== this.geometry) return;
      this.grid = new PointGrid(floats.subarray(0, n), floats.subarray(n));
      this.timings.load = performance.now() - started;
      this.say("");
      this.fit();
      if (n && this.data.stamps) new Image().src = `${this.data.stamps}${PICTURE_PX}/0`; // wakes the renderer up
    } catch (error) {
      this.geometry = null;
      this.say(`The map did not arrive: ${error.message || error}`);
    }
  }

  paint(legend) {
    const colours = new Uint8Array(256 * 3);
    if (legend.kind === "numbers") {
      const stops = legend.scale.map(rgbOf);
      for (let code = 0; code < FILTERED_OUT; code++) {
        const at = (code / (FILTERED_OUT - 1)) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(at));
        for (let c = 0; c < 3; c++) colours[code * 3 + c] = stops[k][c] + (stops[k + 1][c] - stops[k][c]) * (at - k);
      }
    }
    for (const entry of legend.entries) colours.set(rgbOf(entry.colour), entry.code * 3);
    this.colours = colours;
    this.hidden.fill(0);
    this.hidden[FILTERED_OUT] = 1;
    const known = new Set(legend.entries.map((entry) => entry.code));
    for (const code of this.hiddenOf.get(legend.title) || []) if (known.has(code)) this.hidden[code] = 1;
  }

  showLegend() {
    const { legend } = this.data, box = this.pick(".legend");
    box.style.display = this.data.mini || (!legend.entries.length && legend.kind !== "numbers") ? "none" : "";
    const parts = [document.createElement("h4")];
    parts[0].textContent = legend.title;
    if (legend.kind === "numbers") {
      const bar = document.createElement("div"), ends = document.createElement("div");
      bar.className = "bar";
      bar.style.background = `linear-gradient(to right, ${legend.scale.join(", ")})`;
      ends.className = "ends";
      for (const value of [legend.low, legend.high]) {
        const end = document.createElement("span");
        end.textContent = Number(value.toPrecision(3));
        ends.append(end);
      }
      parts.push(bar, ends);
    }
    for (const entry of legend.entries) parts.push(this.legendButton(legend, entry));
    box.replaceChildren(...parts);
  }

  legendButton(legend, entry) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "class";
    button.setAttribute("aria-pressed", String(!this.hidden[entry.code]));
    for (const [name, text] of [["swatch", ""], ["name", entry.label], ["number", entry.count.toLocaleString("en")]]) {
      const part = document.createElement("span");
      part.className = name;
      part.dir = "auto";
      part.textContent = text;
      button.append(part);
    }
    button.title = entry.label;
    button.firstChild.style.background = entry.colour;
    button.onclick = () => {
      this.hidden[entry.code] ^= 1;
      const codes = legend.entries.map((each) => each.code).filter((code) => this.hidden[code]);
      this.hiddenOf.set(legend.title, codes);
      button.setAttribute("aria-pressed", String(!this.hidden[entry.code]));
      this.redraw();
    };
    return button;
  }

  // --- view -----------------------------------------------------------------------------------------------

  fit() {
    this.measure();
    const scale = Math.min(this.width, this.height) / 2.16, spare = Math.max(0, this.width - 2.1 * scale);
    const aside = this.data.mini ? 0 : Math.min(spare, 130, this.pick(".legend").offsetWidth) / 2; // clear of the legend
    this.view = { x: -aside / scale, y: 0, scale };
    this.redraw();
  }

  measure() {
    const box = this.root.getBoundingClientRect(), before = this.width;
    this.width = Math.max(50, box.width);
    this.height = Math.max(50, box.height);
    const crowded = this.data && this.data.n > 200000;
    this.ratio = crowded ? 1 : Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.points, this.marks]) {
      const width = Math.round(this.width * this.ratio), height = Math.round(this.height * this.ratio);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
    if (before && this.width < before) this.view.scale *= this.width / before;
  }

  toMap(px, py) {
    return [this.view.x + (px - this.width / 2) / this.view.scale, this.view.y - (py - this.height / 2) / this.view.scale];
  }

  toScreen(row) {
    return [(this.grid.x[row] - this.view.x) * this.view.scale + this.width / 2,
      this.height / 2 - (this.grid.y[row] - this.view.y) * this.view.scale];
  }

  isInside(row) {
    const [px, py] = this.toScreen(row);
    return px >= 0 && py >= 0 && px < this.width && py < this.height;
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toMap(px, py), least = Math.min(this.width, this.height) / 6;
    this.view.scale = Math.max(least, Math.min(this.closest(), this.view.scale * factor));
    this.view.x = x - (px - this.width / 2) / this.view.scale;
    this.view.y = y + (py - this.height / 2) / this.view.scale;
    this.redraw();
  }

  // Close enough to part neighbours in the thickest crowd, not so close that nothing is left to see.
  closest() {
    return (Math.min(this.width, this.height) / 2) * Math.max(8, 0.9 * Math.sqrt(this.data.n));
  }

  move(dx, dy) {
    this.view.x = Math.max(-1.5, Math.min(1.5, this.view.x - dx / this.view.scale));
    this.view.y = Math.max(-1.5, Math.min(1.5, this.view.y + dy / this.view.scale));
    this.redraw();
  }

  // --- drawing --------------------------------------------------------------------------------------------

  redraw() {
    if (this.frame || !this.grid) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const started = performance.now();
      this.drawPoints();
      this.drawMarks();
      this.timings.frame = performance.now() - started;
      this.root.dataset.timings = JSON.stringify(this.timings);
    });
  }

  isSelected(row) {
    return (this.selectedBits[row >> 3] >> (row & 7)) & 1;
  }

  drawPoints(again = false) {
    const context = this.points.getContext("2d"), { ratio, view } = this;
    this.raster.resize(this.points.width, this.points.height);
    const scaled = { x: view.x, y: view.y, scale: view.scale * ratio };
    const crowd = this.shown === undefined ? this.data.n : this.shown, radius = ratio * radiusFor(crowd);
    const some = this.data.n_selected > 0;
    this.shown = this.raster.draw(this.grid, scaled, this.codes, this.hidden, {
      radius, colours: this.colours, opacity: crowd > 60000 ? 0.55 : crowd > 15000 ? 0.9 : 1.7,
      strength: some ? (row) => (this.isSelected(row) ? 3 : 0.3) : null,
    });
    if (!again && radiusFor(this.shown) !== radiusFor(crowd)) {
      this.drawPoints(true); // the crowd has changed its size class: draw it as it is
      return;
    }
    context.putImageData(this.raster.image, 0, 0);
    this.drawThumbnails(context);
    const pictures = this.withPictures ? " · pictures" : "";
    this.pick(".status").textContent = `${this.shown.toLocaleString("en")} of ${this.data.n.toLocaleString("en")} galaxies${pictures}`;
  }

  drawThumbnails(context) {
    this.tiles = [];
    this.withPictures = false;
    if (!this.data.stamps || this.data.mini) return;
    const cells = (this.width * this.height) / (THUMBNAIL_PX * THUMBNAIL_PX); // more than there can be
    const farOut = this.view.scale <= Math.min(this.width, this.height) || this.shown > 4 * cells;
    if (farOut && !this.alwaysPictures) return;
    const { tiles, cell } = this.thumbnails.choose(
      this.grid, this.view, this.width, this.height, this.codes, this.hidden, THUMBNAIL_PX);
    const inside = tiles.filter((tile) => this.isInside(tile.row)).length;
    const near = inside > 0 && this.shown / inside <= 4;
    if (!near && !this.alwaysPictures) return;
    this.withPictures = true;
    this.tiles = tiles;
    const { ratio, view } = this, side = cell * view.scale, stored = side > 96 ? PICTURE_PX : THUMBNAIL_PX;
    context.save();
    context.scale(ratio, ratio);
    for (const tile of tiles) {
      const picture = this.thumbnails.picture(`${this.data.stamps}${stored}/${tile.row}`);
      if (!picture) continue;
      tile.left = (tile.cx * cell - view.x) * view.scale + this.width / 2;
      tile.top = this.height / 2 - ((tile.cy + 1) * cell - view.y) * view.scale;
      tile.side = side;
      const code = this.codes[tile.row] * 3, chosen = this.isSelected(tile.row);
      context.globalAlpha = this.data.n_selected > 0 && !chosen ? 0.45 : 1;
      context.drawImage(picture, tile.left + 3, tile.top + 3, side - 6, side - 6);
      context.lineWidth = chosen ? 4 : 2;
      context.strokeStyle = `rgb(${this.colours[code]} ${this.colours[code + 1]} ${this.colours[code + 2]})`;
      context.strokeRect(tile.left + 2, tile.top + 2, side - 4, side - 4);
    }
    context.restore();
  }

  // The galaxy under a place on the screen: the picture there, else the nearest point.
  under(px, py) {
    const tile = (this.tiles || []).find((each) => each.side && px >= each.left && px < each.left + each.side
      && py >= each.top && py < each.top + each.side);
    if (tile) return tile.row;
    const [x, y] = this.toMap(px, py);
    return this.grid.nearest(x, y, HOVER_RADIUS_PX / this.view.scale, (row) => !this.hidden[this.codes[row]]);
  }

  drawMarks() {
    const context = this.marks.getContext("2d"), style = getComputedStyle(this.root);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const accent = style.getPropertyValue("--st-primary-color") || "#e8a33d", text = style.color;
    if (this.drawn) {
      context.beginPath();
      this.corners().forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.fillStyle = accent;
      context.globalAlpha = 0.12;
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = accent;
      context.lineWidth = 1.5;
      context.stroke();
    }
    const ring = (row, radius, colour) => {
      const [px, py] = this.toScreen(row);
      context.beginPath();
      context.arc(px, py, radius, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.stroke();
    };
    if (this.hovered >= 0) ring(this.hovered, 8, text);
    if (this.data.highlight >= 0 && this.data.highlight < this.data.n) {
      ring(this.data.highlight, 9, accent);
      ring(this.data.highlight, 14, text);
    }
  }

  say(text) {
    this.pick(".message").textContent = text;
  }
}
