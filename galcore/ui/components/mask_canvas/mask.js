// The mask itself: pixels of the image, shapes drawn into it, undo, run lengths. Knows nothing of the screen.

const UNDO_STEPS = 60;

class Mask {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height);
    this.undone = [];
    this.done = [];
  }

  // Lengths of runs in the order of the rows, clear and masked in turn, beginning with clear.
  get runs() {
    const runs = [];
    let value = 0, length = 0;
    for (const pixel of this.pixels) {
      if (pixel === value) length += 1;
      else {
        runs.push(length);
        value = pixel;
        length = 1;
      }
    }
    runs.push(length);
    return runs;
  }

  set runs(runs) {
    let at = 0;
    runs.forEach((length, n) => {
      this.pixels.fill(n % 2, at, at + length);
      at += length;
    });
  }

  fits(runs) {
    return Array.isArray(runs) && runs.reduce((sum, run) => sum + run, 0) === this.pixels.length;
  }

  get count() {
    let count = 0;
    for (const pixel of this.pixels) count += pixel;
    return count;
  }

  remember() {
    this.done.push(this.runs);
    if (this.done.length > UNDO_STEPS) this.done.shift();
    this.undone = [];
  }

  undo() {
    this.step(this.done, this.undone);
  }

  redo() {
    this.step(this.undone, this.done);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.runs);
    this.runs = from.pop();
  }

  // Every pixel whose centre lies within `radius` of the line from a to b; a single point makes a disc. Gives
  // back the box that may have changed: left, top, right, bottom.
  capsule([ax, ay], [bx, by], radius, value) {
    const reach = Math.max(radius, 0.5), dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
    const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach)), right = Math.min(this.width - 1, Math.ceil(Math.max(ax, bx) + reach));
    const top = Math.max(0, Math.floor(Math.min(ay, by) - reach)), bottom = Math.min(this.height - 1, Math.ceil(Math.max(ay, by) + reach));
    for (let y = top; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1) {
        const px = x + 0.5 - ax, py = y + 0.5 - ay;
        const along = square ? Math.max(0, Math.min(1, (px * dx + py * dy) / square)) : 0;
        if (Math.hypot(px - along * dx, py - along * dy) <= reach) this.pixels[y * this.width + x] = value;
      }
    }
    if (radius <= 0.5) this.dot(bx, by, value);
    return [left - 1, top - 1, right + 1, bottom + 1];
  }

  // The finest brush takes the very pixel under the pointer.
  dot(x, y, value) {
    const column = Math.floor(x), row = Math.floor(y);
    if (column >= 0 && row >= 0 && column < this.width && row < this.height) this.pixels[row * this.width + column] = value;
  }

  add(runs) {
    let at = 0;
    runs.forEach((length, n) => {
      if (n % 2) this.pixels.fill(1, at, at + length);
      at += length;
    });
  }

  clear() {
    this.pixels.fill(0);
  }

  // The mask as a picture: a translucent fill with a bright rim, so that it shows without its colour too. Only
  // the box that changed is painted: a stroke on a large image stays swift.
  paint(context, box = [0, 0, this.width - 1, this.height - 1]) {
    const { width, height, pixels } = this;
    const left = Math.max(0, box[0]), top = Math.max(0, box[1]), right = Math.min(width - 1, box[2]), bottom = Math.min(height - 1, box[3]);
    if (right < left || bottom < top) return;
    const image = context.createImageData(right - left + 1, bottom - top + 1), bytes = new Uint32Array(image.data.buffer);
    const fill = 0x78e9b456, rim = 0xc4ffe9c8; // little-endian: alpha, blue, green, red
    for (let y = top, n = 0; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1, n += 1) {
        const at = y * width + x;
        if (!pixels[at]) continue;
        const inside = x > 0 && x < width - 1 && y > 0 && y < height - 1
          && pixels[at - 1] && pixels[at + 1] && pixels[at - width] && pixels[at + width];
        bytes[n] = inside ? fill : rim;
      }
    }
    context.putImageData(image, left, top);
  }
}

// A line through two points, lengthened until it leaves the image on both sides: a trail rarely ends inside.
function toEdges([ax, ay], [bx, by], width, height) {
  const dx = bx - ax, dy = by - ay, length = Math.hypot(dx, dy);
  if (length < 1) return [[ax, ay], [bx, by]];
  const far = (width + height) / length;
  return [[ax - dx * far, ay - dy * far], [bx + dx * far, by + dy * far]];
}
