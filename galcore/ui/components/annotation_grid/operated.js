// What a person does with mouse, finger and keys. The page itself (main.js) extends this.

const HOLD_MS = 450;
const HOLD_PX = 10;

class OperatedPage extends DrawnPage {
  // --- what a person does -----------------------------------------------------------------------------

  actions() {
    const withBoard = (act) => (...values) => {
      if (!this.board) return;
      act(...values);
      this.changed();
    };
    return {
      covered: () => this.overlayOpen(),
      columns: () => this.columns || 1,
      placeOf: (key) => (this.data ? placeOfKey(this.campaign.mode, this.campaign.answers, key) : -1),
      move: withBoard((step, extend) => this.move(step, extend)),
      answer: withBoard((mark) => this.answer(mark)),
      markAll: withBoard(() => this.board.paint(this.board.ids, this.view.brush)),
      submit: withBoard(() => this.submit()),
      skip: withBoard(() => this.skip()),
      undo: () => this.undo(),
      nextStretch: () => this.nextStretch(),
      invert: () => this.look({ inverted: !this.view.inverted }),
      pixels: () => this.look({ pixels: !this.view.pixels }),
      toggleZoom: () => this.toggleZoom(),
      flag: () => this.askFlag(),
      similar: () => this.go("similar"),
      openGalaxy: () => this.go("galaxy"),
      guide: () => this.toggleOverlay(".gg-guide"),
      keyList: () => this.toggleOverlay(".gg-keys"),
      escape: () => this.escape(),
    };
  }

  // Screen readers read what has the focus of the browser.
  move(step, extend) {
    this.board.moveFocus(step, extend);
    this.find(".gg-cells").children[this.board.focus]?.focus({ preventScroll: true });
  }

  answer(mark) {
    this.view.brush = mark;
    const targets = this.board.targets();
    if (targets.length) this.board.paint(targets, mark);
  }

  skip() {
    const targets = this.board.targets();
    if (targets.length) this.board.paint(targets, SKIP);
    else this.submit(true);
  }

  undo() {
    if (!this.board || !this.board.stepBack()) this.takeBack();
    this.changed();
  }

  escape() {
    if (this.overlayOpen() || this.zoom.open) return this.closeOverlays();
    if (this.board && (this.board.selection.size || this.board.focus >= 0)) {
      this.board.selection.clear();
      this.board.focus = -1;
    } else this.leaveCorrection();
    return this.changed();
  }

  toggleZoom() {
    if (this.zoom.open) return this.closeOverlays();
    if (!this.board) return undefined;
    if (this.board.focus < 0) this.board.focus = Math.min(this.hovered ?? 0, this.board.ids.length - 1);
    return this.draw(true);
  }

  askFlag() {
    const [id] = this.board ? this.board.targets() : [];
    if (!id) return this.say("Focus a galaxy first: click it, or use the arrow keys.");
    return this.openFlag(id);
  }

  closeOverlays() {
    this.zoom.hide();
    super.closeOverlays();
  }

  changed() {
    const board = this.board;
    const kept = board ? { ...board.stored(), takenBack: Boolean(board.takenBack) } : null;
    writeStored(this.marksKey, kept);
    this.preload();
    this.draw();
  }

  // --- mouse and touch --------------------------------------------------------------------------------

  listen() {
    const cells = this.find(".gg-cells");
    cells.addEventListener("pointerdown", (event) => this.press(event));
    cells.addEventListener("pointerover", (event) => this.hover(event));
    cells.addEventListener("click", (event) => this.click(event));
    cells.addEventListener("focusin", (event) => this.focusByTab(event));
    cells.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
    cells.addEventListener("pointermove", (event) => event.pointerType === "touch" && this.stopHolding(event));
    this.onPointerUp = () => {
      this.dragging = null;
      this.stopHolding();
    };
    window.addEventListener("pointerup", this.onPointerUp);
    window.addEventListener("pointercancel", this.onPointerUp);
    this.find(".gg-zoom-tools").addEventListener("click", (event) => event.stopPropagation());
    this.listenToButtons({
      ".gg-zoom-it": () => this.toggleZoom(),
      ".gg-all": () => this.board && this.board.paint(this.board.ids, this.view.brush),
      ".gg-invert": () => this.look({ inverted: !this.view.inverted }),
      ".gg-smooth": () => this.look({ pixels: !this.view.pixels }),
      ".gg-galaxy": () => this.go("galaxy"),
      ".gg-zoom-close": () => this.closeOverlays(),
      ".gg-submit": () => this.board && this.submit(),
      ".gg-skip": () => this.board && this.skip(),
      ".gg-undo": () => this.undo(),
      ".gg-similar": () => this.go("similar"),
      ".gg-help": () => this.toggleOverlay(".gg-keys"),
      ".gg-open-guide": () => this.toggleOverlay(".gg-guide"),
      ".gg-flag-cancel": () => this.closeOverlays(),
      ".gg-keys": () => this.closeOverlays(),
    });
    this.listenToFlag();
    this.find(".gg-flag-it").addEventListener("click", () => this.askFlag());
    this.find(".gg-zoom").addEventListener("click", () => Date.now() > this.heldUntil && this.closeOverlays());
    this.find(".gg-size-select").addEventListener("change", (event) => {
      this.changeSettings({ size: event.target.value });
      this.say("The new size holds from the grid after the next.");
    });
    this.find(".gg-stretch-select").addEventListener("change", (event) => {
      this.look({ stretch: event.target.value });
      this.root.focus({ preventScroll: true });
    });
  }

  cellOf(event) {
    const cell = event.target.closest(".gg-cell");
    return cell && this.board ? this.board.ids.indexOf(cell.dataset.id) : -1;
  }

  press(event) {
    const index = this.cellOf(event);
    if (index >= 0 && event.pointerType === "touch") this.startHolding(event, index);
    if (index < 0 || event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.mark(index, event.shiftKey);
    const mark = this.board.marks.get(this.board.ids[index]);
    this.dragging = { mark: mark === undefined ? null : mark, index };
  }

  // A mouse has marked at pointerdown already; a finger, a pen or a screen reader comes through here.
  click(event) {
    const index = this.cellOf(event);
    if (index < 0 || event.pointerType === "mouse" || event.pointerType === "pen" || Date.now() < this.heldUntil) return;
    this.mark(index, event.shiftKey);
  }

  // A finger that stays magnifies; lifting it then is no tap.
  startHolding(event, index) {
    this.held = { x: event.clientX, y: event.clientY };
    clearTimeout(this.holding);
    this.holding = setTimeout(() => {
      if (!this.board) return;
      this.heldUntil = Infinity;
      this.board.focus = index;
      this.draw(true);
    }, HOLD_MS);
  }

  stopHolding(moved = null) {
    if (moved && this.held && Math.hypot(moved.clientX - this.held.x, moved.clientY - this.held.y) < HOLD_PX) return;
    clearTimeout(this.holding);
    if (!moved && this.heldUntil === Infinity) this.heldUntil = Date.now() + HOLD_MS;
  }

  focusByTab(event) {
    const index = this.cellOf(event);
    if (index < 0 || index === this.board.focus || !event.target.matches(":focus-visible")) return;
    this.board.focus = index;
    this.draw();
  }

  mark(index, range) {
    const { board } = this;
    if (range && board.focus >= 0) {
      board.remember();
      for (const id of board.between(board.focus, index)) board.set(id, this.view.brush);
    } else board.paint([board.ids[index]], this.view.brush);
    board.selection.clear();
    board.anchor = -1;
    board.focus = index;
    this.changed();
  }

  hover(event) {
    const index = this.cellOf(event);
    if (index < 0) return;
    this.hovered = index;
    if (this.dragging && event.buttons & 1 && index !== this.dragging.index) {
      this.dragging.index = index;
      this.board.set(this.board.ids[index], this.dragging.mark);
      this.changed();
    }
  }
}
