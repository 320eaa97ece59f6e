// The magnifier: one galaxy large, with a scale bar where the server knows the scale.

const BAR_ARCSEC = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const BAR_PX = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

class Zoom {
  constructor(root) {
    this.root = root;
    this.wanted = "";
    this.smooth = true;
  }

  get open() {
    return !this.root.hidden;
  }

  hide() {
    this.root.hidden = true;
    this.wanted = "";
  }

  show(item, stretch, inverted) {
    this.root.hidden = false;
    this.root.querySelector(".gg-zoom-name").textContent = item.id;
    this.root.querySelector(".gg-zoom-sky").textContent = item.sky || "";
    const picture = this.root.querySelector(".gg-zoom-picture");
    picture.classList.toggle("gg-inverted", inverted);
    picture.alt = `galaxy ${item.id}, enlarged`;
    const address = item.large[stretch] || item.pictures[stretch];
    if (address === this.wanted) return;
    this.wanted = address;
    picture.src = address;
    this.root.querySelector(".gg-scale").hidden = true;
    this.readScale(address);
  }

  async readScale(address) {
    let width, arcsec;
    try {
      const answer = await fetch(address);
      width = Number(answer.headers.get("X-Galcore-Width-Px"));
      arcsec = Number(answer.headers.get("X-Galcore-Pixel-Scale-Arcsec"));
    } catch {
      return;
    }
    if (address !== this.wanted || !width) return;
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
