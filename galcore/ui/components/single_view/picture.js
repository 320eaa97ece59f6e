// The picture of one galaxy: stretch, one colour alone, magnifier, and what is said when it is missing.

const MAGNIFIED = 3;
const PICTURE_RETRY_MS = 4000;
// Stamps come in colour; one channel alone is made here, from the picture as it is.
const CHANNELS = [
  { name: "", word: "colour" },
  { name: "R", word: "red", row: "1 0 0 0 0" },
  { name: "G", word: "green", row: "0 1 0 0 0" },
  { name: "B", word: "blue", row: "0 0 1 0 0" },
];

function addChannelFilters(holder) {
  const svg = svgElement("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position: absolute" });
  for (const { name, row } of CHANNELS.filter((channel) => channel.row)) {
    const filter = svgElement("filter", { id: `gs-channel-${name}`, "color-interpolation-filters": "sRGB" });
    filter.append(svgElement("feColorMatrix", { type: "matrix", values: `${row} ${row} ${row} 0 0 0 1 0` }));
    svg.append(filter);
  }
  holder.append(svg);
}

class Picture {
  constructor(root) {
    this.root = root;
    this.image = root.querySelector(".gs-picture");
    this.image.decoding = "sync";
    this.window = root.querySelector(".gs-window");
    this.frame = root.querySelector(".gs-frame");
    this.marks = new SkyMarks(root);
    this.magnified = false;
    this.failedAt = 0;
    addChannelFilters(root);
    this.image.addEventListener("load", () => this.arrived(true));
    this.image.addEventListener("error", () => this.arrived(false));
    this.window.addEventListener("pointermove", (event) => this.pointAt(event));
  }

  show(item, view) {
    const address = item.large[view.stretch] || Object.values(item.large)[0];
    if (this.image.getAttribute("src") !== address) {
      // The galaxy before is not seen under the question about this one.
      this.frame.classList.add("gs-loading");
      this.failedAt = 0;
      this.image.setAttribute("src", address);
    }
    this.image.alt = `galaxy ${item.id}`;
    this.image.classList.toggle("gg-pixels", view.pixels);
    const { name } = CHANNELS[view.channel];
    const filters = [name && `url(#gs-channel-${name})`, view.inverted && "invert(1) grayscale(1)"];
    this.image.style.filter = filters.filter(Boolean).join(" ");
    this.image.style.transform = this.magnified ? `scale(${MAGNIFIED})` : "";
    this.window.classList.toggle("gs-magnified", this.magnified);
    this.drawMarks(address);
  }

  async drawMarks(address) {
    await this.marks.show(address);
    this.marks.draw(this.magnified ? MAGNIFIED : 1);
    this.drawMissing();
  }

  drawMissing() {
    const broken = Boolean(this.marks.facts && this.marks.facts.broken);
    const text = this.failedAt
      ? "The picture has not arrived. It is asked for again by itself."
      : broken ? "The picture of this galaxy cannot be read. Skip it (␣), or flag it (f) for its owner." : "";
    const holder = this.root.querySelector(".gs-missing");
    holder.hidden = !text;
    setText(holder, text);
  }

  arrived(whole) {
    this.frame.classList.toggle("gs-loading", !whole);
    this.failedAt = whole ? 0 : Date.now();
    this.drawMissing();
  }

  // Called now and then while the server answers.
  askAgain() {
    if (!this.failedAt || Date.now() - this.failedAt < PICTURE_RETRY_MS) return;
    this.failedAt = Date.now();
    this.image.setAttribute("src", this.image.getAttribute("src"));
  }

  pointAt(event) {
    const box = this.window.getBoundingClientRect();
    const across = (100 * (event.clientX - box.left)) / box.width;
    const down = (100 * (event.clientY - box.top)) / box.height;
    this.image.style.transformOrigin = `${across.toFixed(1)}% ${down.toFixed(1)}%`;
  }
}
