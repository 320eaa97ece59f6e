// Where the points are: a bucket grid for "what is near here", and a raster that draws a million of them
// without WebGL. Each pixel sums soft discs per colour; opacity follows 1 - exp(-sum), so a crowd looks dense.

class PointGrid {
  constructor(x, y) {
    this.x = x;
    this.y = y;
    const n = x.length;
    this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / 4))));
    const starts = new Uint32Array(this.side * this.side + 1);
    const cellOf = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      cellOf[i] = this.cell(y[i]) * this.side + this.cell(x[i]);
      starts[cellOf[i] + 1]++;
    }
    for (let c = 1; c < starts.length; c++) starts[c] += starts[c - 1];
    const next = starts.slice();
    this.rows = new Uint32Array(n);
    for (let i = 0; i < n; i++) this.rows[next[cellOf[i]]++] = i;
    this.starts = starts;
  }

  cell(value) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((value + 1.001) / 2.002) * this.side)));
  }

  // Calls visit(row) for every point in a box of map units (and some just outside it).
  forEachIn(x0, y0, x1, y1, visit) {
    const c0 = this.cell(x0), c1 = this.cell(x1);
    for (let r = this.cell(y0), r1 = this.cell(y1); r <= r1; r++) {
      const end = this.starts[r * this.side + c1 + 1];
      for (let k = this.starts[r * this.side + c0]; k < end; k++) visit(this.rows[k]);
    }
  }

  nearest(x, y, radius, isDrawn) {
    let best = -1, bestSquared = radius * radius;
    this.forEachIn(x - radius, y - radius, x + radius, y + radius, (row) => {
      const dx = this.x[row] - x, dy = this.y[row] - y, squared = dx * dx + dy * dy;
      if (squared <= bestSquared && isDrawn(row)) {
        best = row;
        bestSquared = squared;
      }
    });
    return best;
  }
}

// Offsets and weights of a soft disc.
function softDisc(radius) {
  const offsets = [], reach = Math.ceil(radius + 0.5);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const weight = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(dx, dy)));
      if (weight > 0.02) offsets.push([dx, dy, weight]);
    }
  }
  return offsets;
}

class PointRaster {
  resize(width, height) {
    if (this.width === width && this.height === height) return;
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.sums = new Float32Array(width * height * 4); // red, green, blue, weight
  }

  // view: {x, y, scale}; style: {radius, opacity, strength(row) or null, colours: Uint8 rgb per code}
  draw(grid, view, codes, hidden, style) {
    const { width, height, sums } = this;
    sums.fill(0);
    const disc = softDisc(style.radius), margin = Math.ceil(style.radius + 1);
    const halfX = width / 2, halfY = height / 2, { x, y } = grid, rgb = style.colours;
    const spanX = halfX / view.scale, spanY = halfY / view.scale;
    let n = 0;
    grid.forEachIn(view.x - spanX, view.y - spanY, view.x + spanX, view.y + spanY, (row) => {
      const code = codes[row];
      if (hidden[code]) return;
      const px = Math.round((x[row] - view.x) * view.scale + halfX);
      const py = Math.round(halfY - (y[row] - view.y) * view.scale);
      if (px < margin || py < margin || px >= width - margin || py >= height - margin) return;
      n++;
      const strength = style.strength ? style.strength(row) : 1;
      const r = rgb[code * 3], g = rgb[code * 3 + 1], b = rgb[code * 3 + 2];
      for (const [dx, dy, weight] of disc) {
        const at = ((py + dy) * width + px + dx) * 4, w = weight * strength;
        sums[at] += r * w;
        sums[at + 1] += g * w;
        sums[at + 2] += b * w;
        sums[at + 3] += w;
      }
    });
    this.toneMap(style.opacity);
    return n;
  }

  toneMap(opacity) {
    const { sums } = this, out = this.image.data;
    for (let at = 0; at < sums.length; at += 4) {
      const weight = sums[at + 3];
      if (weight === 0) {
        if (out[at + 3] !== 0) out[at + 3] = 0;
        continue;
      }
      out[at] = sums[at] / weight;
      out[at + 1] = sums[at + 1] / weight;
      out[at + 2] = sums[at + 2] / weight;
      out[at + 3] = 255 * (1 - Math.exp(-weight * opacity));
    }
  }
}
