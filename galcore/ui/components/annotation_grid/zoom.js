// The magnifier: one galaxy large, with a scale bar where the server knows the scale.

class Zoom {
  constructor(root) {
    this.root = root;
    this.marks = new SkyMarks(root);
    this.wanted = "";
  }

  get open() {
    return !this.root.hidden;
  }

  hide() {
    this.root.hidden = true;
    this.wanted = "";
    this.marks.clear();
  }

  show(item, { stretch, inverted, pixels }) {
    this.root.hidden = false;
    this.root.querySelector(".gg-zoom-name").textContent = item.id;
    this.root.querySelector(".gg-zoom-why").textContent = `· ${item.explanation}`;
    const picture = this.root.querySelector(".gg-zoom-picture");
    picture.classList.toggle("gg-inverted", inverted);
    picture.classList.toggle("gg-pixels", pixels);
    picture.alt = `galaxy ${item.id}, enlarged`;
    const address = item.large[stretch] || item.pictures[stretch];
    if (address === this.wanted) return;
    this.wanted = address;
    picture.src = address;
    this.marks.show(address);
  }
}
