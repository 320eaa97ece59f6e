// Pictures on the map: once zoomed in far enough, each cell of a grid fixed to the map (so that panning does
// not shuffle it) is filled with the galaxy nearest to its centre.

class Thumbnails {
  constructor(onLoad) {
    this.onLoad = onLoad;
    this.pictures = new Map(); // address → Image, oldest first
    this.limit = 700;
  }

  // The picture at an address if it is there; asks for it otherwise.
  picture(address) {
    let image = this.pictures.get(address);
    if (!image) {
      image = new Image();
      image.decoding = "async";
      image.onload = () => this.onLoad();
      image.onerror = () => { image.broken = true; };
      image.src = address;
      this.pictures.set(address, image);
      if (this.pictures.size > this.limit) {
        const [oldest, dropped] = this.pictures.entries().next().value;
        if (!dropped.complete) dropped.src = "";
        this.pictures.delete(oldest);
      }
    }
    return image.complete && image.naturalWidth > 0 ? image : null;
  }

  // The galaxy of each occupied cell in a view, as {row, cx, cy}, and the side of a cell in map units.
  choose(grid, view, width, height, codes, hidden, side) {
    const level = Math.pow(2, Math.floor(Math.log2(view.scale)));
    const cell = side / level; // map units; between 1 and 2 sides wide on the screen
    const spanX = width / 2 / view.scale, spanY = height / 2 / view.scale, best = new Map();
    grid.forEachIn(view.x - spanX, view.y - spanY, view.x + spanX, view.y + spanY, (row) => {
      if (hidden[codes[row]]) return;
      const cx = Math.floor(grid.x[row] / cell), cy = Math.floor(grid.y[row] / cell);
      const dx = grid.x[row] - (cx + 0.5) * cell, dy = grid.y[row] - (cy + 0.5) * cell;
      const squared = dx * dx + dy * dy, key = cx * 1e6 + cy, held = best.get(key);
      if (!held || squared < held.squared) best.set(key, { row, cx, cy, squared });
    });
    return { tiles: [...best.values()], cell };
  }
}
