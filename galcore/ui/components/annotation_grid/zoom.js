// The magnifier: one galaxy large, with a scale bar where the server knows the scale.

const BAR_ARCSEC = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const BAR_PX = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

class Zoom {
  constructor(root) {
    this.root = root;
    this.wanted = "";
  }

  get open() {
    return !this.root.hidden;
  }

  hide() {
    this.root.hidden = true;
    this.wanted = "";
  }

  show(item, { stretch, inverted, pixels }) {
    this.root.hidden = false;
    this.root.querySelector(".gg-zoom-name").textContent = item.id;
    const picture = this.root.querySelector(".gg-zoom-picture");
    picture.classList.toggle("gg-inverted", inverted);
    picture.classList.toggle("gg-pixels", pixels);
    picture.alt = `galaxy ${item.id}, enlarged`;
    const address = item.large[stretch] || item.pictures[stretch];
    if (address === this.wanted) return;
    this.wanted = address;
    picture.src = address;
    for (const part of [".gg-scale", ".gg-north"]) this.root.querySelector(part).hidden = true;
    this.root.querySelector(".gg-zoom-sky").textContent = "";
    this.readFacts(address);
  }

  // The server says in the headers of a large picture what its pixels measure and where they are.
  async readFacts(address) {
    let headers;
    try {
      headers = (await fetch(address)).headers;
    } catch {
      return;
    }
    if (address !== this.wanted) return;
    const fact = (name) => (headers.has(`X-Galcore-${name}`) ? Number(headers.get(`X-Galcore-${name}`)) : null);
    this.drawScale(fact("Width-Px"), fact("Pixel-Scale-Arcsec"));
    const north = fact("North-Deg");
    const arrow = this.root.querySelector(".gg-north");
    arrow.hidden = north === null;
    arrow.style.transform = `rotate(${-north}deg)`;
    const [ra, dec] = [fact("Ra-Deg"), fact("Dec-Deg")];
    if (ra === null || dec === null) return;
    const sign = dec < 0 ? "−" : "+";
    this.root.querySelector(".gg-zoom-sky").textContent = `· RA ${ra.toFixed(4)}° Dec ${sign}${Math.abs(dec).toFixed(4)}°`;
  }

  drawScale(width, arcsec) {
    if (!width) return;
    const extent = arcsec ? width * arcsec : width;
    const steps = arcsec ? BAR_ARCSEC : BAR_PX;
    const length = steps.filter((step) => step <= extent * 0.3).pop();
    if (!length) return;
    const bar = this.root.querySelector(".gg-scale");
    bar.hidden = false;
    bar.style.width = `${(100 * length) / extent}%`;
    bar.textContent = arcsec ? (length >= 60 ? `${length / 60}′` : `${length}″`) : `${length} px`;
  }
}
