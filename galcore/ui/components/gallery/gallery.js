// Tiles of stamps. What is chosen travels as the whole list, so the last message says everything and a rerun
// that was under way when somebody clicked cannot undo the click: it is older than `number` and ignored.

class Gallery {
  constructor(root) {
    this.root = root;
    this.number = Date.now();
    this.sent = 0;
    this.chosen = new Set();
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("dblclick", (event) => {
      const tile = event.target.closest(".tile");
      if (tile && !event.target.closest("button")) this.open(tile.dataset.id);
    });
    root.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, setState, setTrigger) {
    this.data = data;
    this.setState = setState;
    this.setTrigger = setTrigger;
    this.root.style.setProperty("--tile", `${data.tile_px}px`);
    this.root.setAttribute("aria-label", data.label);
    if (data.acknowledged >= this.sent) this.chosen = new Set(data.chosen);
    const signature = JSON.stringify(data.items) + data.tile_px;
    if (signature !== this.signature) {
      this.signature = signature;
      const focused = this.root.getRootNode().activeElement?.dataset?.id;
      this.root.replaceChildren(...data.items.map((item) => this.tile(item)));
      if (focused) this.tileOf(focused)?.focus();
    }
    this.mark();
  }

  tileOf(id) {
    return [...this.root.children].find((tile) => tile.dataset.id === id);
  }

  tile(item) {
    const tile = this.element("div", "tile"), picture = this.element("img"), words = this.element("div", "words");
    tile.dataset.id = item.id;
    tile.tabIndex = 0;
    tile.setAttribute("role", "option");
    tile.title = item.id;
    picture.src = item.picture;
    picture.alt = `galaxy ${item.id}`;
    picture.loading = "lazy";
    for (const line of item.lines) words.append(this.element("div", "", line));
    tile.append(picture, this.element("span", "badge", item.badge), this.element("span", "tick", "✓"), words);
    if (this.data.actions.length) {
      const actions = this.element("div", "actions");
      for (const action of this.data.actions) {
        const button = this.element("button", "", action.label);
        button.type = "button";
        button.dataset.action = action.name;
        button.title = action.help;
        actions.append(button);
      }
      tile.append(actions);
    }
    return tile;
  }

  element(name, className = "", text = "") {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text) {
      element.textContent = text;
      element.dir = "auto";
    }
    return element;
  }

  mark() {
    for (const tile of this.root.children) tile.setAttribute("aria-selected", String(this.chosen.has(tile.dataset.id)));
  }

  click(event) {
    const tile = event.target.closest(".tile"), button = event.target.closest("button");
    if (!tile) return;
    if (button) this.setTrigger("action", { name: button.dataset.action, id: tile.dataset.id });
    else if (event.shiftKey && this.anchor) this.chooseTo(tile);
    else this.toggle(tile);
  }

  toggle(tile) {
    if (!this.data.selectable) return this.open(tile.dataset.id);
    const { id } = tile.dataset;
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.anchor = tile.dataset.id;
    return this.tell();
  }

  chooseTo(tile) {
    const ids = this.data.items.map((item) => item.id);
    const [from, to] = [ids.indexOf(this.anchor), ids.indexOf(tile.dataset.id)].sort((a, b) => a - b);
    for (const id of ids.slice(Math.max(0, from), to + 1)) this.chosen.add(id);
    this.tell();
  }

  tell() {
    this.mark();
    this.number += 1;
    this.sent = this.number;
    this.setState("chosen", { number: this.number, ids: [...this.chosen] });
  }

  open(id) {
    this.setTrigger("open", id);
  }

  key(event) {
    const tile = event.target.closest(".tile");
    if (!tile || event.target !== tile || event.ctrlKey || event.metaKey || event.altKey) return;
    const tiles = [...this.root.children], at = tiles.indexOf(tile);
    const columns = getComputedStyle(this.root).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (step) tiles[Math.max(0, Math.min(tiles.length - 1, at + step))].focus();
    else if (event.key === " " || event.key === "x") this.toggle(tile);
    else if (event.key === "Enter" || event.key === "g") this.open(tile.dataset.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const root = parentElement.querySelector(".gallery");
  root.gallery = root.gallery || new Gallery(root);
  root.gallery.update(data, setStateValue, setTriggerValue);
}
