// The panels: one figure a picture, built once for each answer of the server.

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) {
    made.textContent = text;
    made.dir = "auto";
  }
  return made;
}

// A picture that fades in when it is there, so that nothing jumps.
function picture(address, words) {
  const image = element("img");
  image.alt = words;
  image.draggable = false;
  image.addEventListener("load", () => image.classList.add("rv-here"));
  image.src = address;
  return image;
}

class Panel {
  constructor(cell, data) {
    this.kind = cell.kind;
    this.column = cell.column;
    this.root = element("figure", "rv-cell");
    const title = element("figcaption", "rv-title");
    title.append(element("b", "", cell.title), element("span", "", cell.note));
    title.title = cell.help || "";
    this.frame = element("div", "rv-frame");
    this.root.append(title, this.frame);
    if (!cell.address) {
      this.frame.classList.add("rv-none");
      this.frame.textContent = cell.missing;
    } else this.fill(cell, data);
    if (cell.bar) this.root.append(...colourBar(cell.bar));
  }

  fill(cell, data) {
    this.pictures = [picture(cell.address, cell.title)];
    if (cell.kind === "result") {
      this.under = picture(data.original, "original");
      this.pictures.push(this.under);
      this.line = element("div", "rv-line");
      this.left = element("span", "rv-which", "original");
      this.right = element("span", "rv-which rv-right", cell.title);
    }
    this.read = element("span", "rv-read");
    this.cross = element("span", "rv-cross");
    this.cross.hidden = true;
    this.rim = data.mask && cell.kind !== "sigma" ? outline(data) : null;
    this.frame.append(...[...this.pictures, this.rim, this.cross, this.line, this.left, this.right, this.read].filter(Boolean));
    if (cell.kind === "original") {
      this.scale = element("div", "rv-scale");
      this.frame.append(this.scale);
    }
  }

  get shows() {
    return Boolean(this.pictures);
  }

  // All panels show the same part of the sky: x, y in shares of the frame.
  place({ zoom, x, y }, pixelated) {
    if (!this.shows) return;
    const transform = `translate(${100 * x}%, ${100 * y}%) scale(${zoom})`;
    for (const part of [...this.pictures, this.rim]) if (part) part.style.transform = transform;
    if (this.rim) this.rim.style.setProperty("--rv-rim", `${1.25 / zoom}px`);
    this.frame.classList.toggle("rv-pixels", pixelated);
  }

  // Slider: the original is clipped at the line, which stands still while the picture moves under it.
  compare(mode, split, blinkOriginal, { zoom, x }) {
    if (!this.line) return;
    const sliding = mode === "slider", blinking = mode === "blink";
    this.line.hidden = this.right.hidden = !sliding;
    this.left.hidden = !sliding && !blinking;
    this.left.textContent = blinking && !blinkOriginal ? this.right.textContent : "original";
    this.line.style.left = `${100 * split}%`;
    this.under.classList.toggle("rv-hidden", !sliding && !(blinking && blinkOriginal));
    const share = 100 * (1 - (split - x) / zoom);
    this.under.style.clipPath = sliding ? `inset(0 ${Math.max(0, Math.min(100, share))}% 0 0)` : "none";
  }

  point(at, text) {
    if (!this.shows) return;
    this.cross.hidden = !at;
    if (at) {
      this.cross.style.left = `${100 * at[0]}%`;
      this.cross.style.top = `${100 * at[1]}%`;
    }
    this.read.textContent = text;
  }
}

function colourBar({ colours, low, middle, high }) {
  const bar = element("div", "rv-bar"), ends = element("div", "rv-ends");
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  ends.append(element("span", "", low), element("i", "", middle), element("span", "", high));
  return [bar, ends];
}

// The rim of the mask as a line of one width at any zoom.
function outline({ width, height, mask }) {
  const pixels = new Uint8Array(width * height), parts = [];
  let at = 0;
  mask.forEach((run, n) => {
    pixels.fill(n % 2, at, at + run);
    at += run;
  });
  const masked = (x, y) => x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!masked(x, y)) continue;
      if (!masked(x, y - 1)) parts.push(`M${x} ${y}h1`);
      if (!masked(x, y + 1)) parts.push(`M${x} ${y + 1}h1`);
      if (!masked(x - 1, y)) parts.push(`M${x} ${y}v1`);
      if (!masked(x + 1, y)) parts.push(`M${x + 1} ${y}v1`);
    }
  }
  const space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", parts.join(""));
  drawing.append(path);
  return drawing;
}
