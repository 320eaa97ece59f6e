// Scale bar, north arrow and position over a large picture, where the server knows them.

const BAR_ARCSEC = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const BAR_PX = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

class SkyMarks {
  // `root` holds .gg-scale, .gg-north and .gg-sky.
  constructor(root) {
    this.root = root;
    this.wanted = "";
    this.facts = null; // what the server says of the picture; null while it has not answered
  }

  clear() {
    this.wanted = "";
    this.facts = null;
    for (const part of [".gg-scale", ".gg-north"]) this.root.querySelector(part).hidden = true;
    this.root.querySelector(".gg-sky").textContent = "";
  }

  // The server says in the headers of a large picture what its pixels measure and where they are.
  async show(address) {
    if (address === this.wanted) return;
    this.clear();
    this.wanted = address;
    let headers;
    try {
      headers = (await fetch(address)).headers;
    } catch {
      if (address === this.wanted) this.wanted = ""; // asked again when the page is drawn next
      return;
    }
    if (address !== this.wanted) return;
    const fact = (name) => (headers.has(`X-Galcore-${name}`) ? Number(headers.get(`X-Galcore-${name}`)) : null);
    this.facts = {
      width: fact("Width-Px"),
      arcsec: fact("Pixel-Scale-Arcsec"),
      north: fact("North-Deg"),
      ra: fact("Ra-Deg"),
      dec: fact("Dec-Deg"),
      broken: fact("Broken") !== null,
    };
    this.draw();
  }

  draw(magnified = 1) {
    if (!this.facts) return;
    const { width, arcsec, north, ra, dec } = this.facts;
    this.drawScale(width, arcsec, magnified);
    const arrow = this.root.querySelector(".gg-north");
    arrow.hidden = north === null;
    arrow.style.transform = `rotate(${-north}deg)`;
    if (ra === null || dec === null) return;
    const sign = dec < 0 ? "−" : "+";
    this.root.querySelector(".gg-sky").textContent = `· RA ${ra.toFixed(4)}° Dec ${sign}${Math.abs(dec).toFixed(4)}°`;
  }

  drawScale(width, arcsec, magnified) {
    if (!width) return;
    const extent = (arcsec ? width * arcsec : width) / magnified;
    const steps = arcsec ? BAR_ARCSEC : BAR_PX;
    const length = steps.filter((step) => step <= extent * 0.3).pop();
    const bar = this.root.querySelector(".gg-scale");
    bar.hidden = !length;
    if (!length) return;
    bar.style.width = `${(100 * length) / extent}%`;
    bar.textContent = arcsec ? (length >= 60 ? `${length / 60}′` : `${length}″`) : `${length} px`;
  }
}
