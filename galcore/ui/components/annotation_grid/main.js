// The component: holds the state of one open grid page and ties board, outbox, keys and drawing together.

const MARKS_PREFIX = "galcore.marks.";

class GridPage extends OperatedPage {
  constructor(root) {
    super(root);
    this.view = { ...this.view, brush: 0, reopened: "" };
    this.submitted = new Map(); // grids submitted here that the server may still offer: id → {grid, marks, answers}
    this.last = []; // submitted before this page was opened
    this.board = null;
    this.waiting = [];
    this.heldUntil = 0; // taps before this moment end a long press
    this.zoom = new Zoom(this.find(".gg-zoom"));
    this.unbind = bindKeys(this.actions(), root);
    this.listen();
  }

  close() {
    window.removeEventListener("pointerup", this.onPointerUp);
    window.removeEventListener("pointercancel", this.onPointerUp);
    super.close();
  }

  // --- what the server says ---------------------------------------------------------------------------

  receive(data, setStateValue, setTriggerValue) {
    if (data.last) this.last = data.last; // sent with the first data only
    const first = this.takeData(data, setStateValue, setTriggerValue);
    this.takeGrids(data.grids);
    this.preload();
    this.draw();
    if (first && this.outbox.items.length) this.send();
  }

  start() {
    super.start();
    this.marksKey = `${MARKS_PREFIX}${this.data.workspace}|${this.campaign.id}|${this.data.user}`;
    const kept = readStored(this.marksKey, null);
    if (kept && kept.grid) this.kept = kept;
  }

  takeGrids(offered) {
    const fresh = offered.filter((grid) => !this.submitted.has(grid.grid_id));
    if (this.kept) this.restoreKept(fresh);
    if (this.outbox.items.length && this.board) return this.addWaiting(fresh);
    const current = this.board && this.board.grid;
    const held = current && fresh.find((grid) => grid.grid_id === current.grid_id);
    if (held) this.board.grid = held;
    else if (!this.board || (!this.board.correcting && !this.board.takenBack)) {
      this.board = fresh.length ? new Board(fresh[0]) : null;
    }
    const shown = this.board && this.board.grid.grid_id;
    this.waiting = fresh.filter((grid) => grid.grid_id !== shown);
    return undefined;
  }

  // An answer of a server that has not read the whole outbox is behind what is on screen: it only adds grids.
  addWaiting(fresh) {
    const known = new Set([this.board.grid, ...this.waiting].map((grid) => grid.grid_id));
    this.waiting.push(...fresh.filter((grid) => !known.has(grid.grid_id)));
  }

  // Marks that were on the screen before a reload.
  restoreKept(fresh) {
    const { grid, marks, correcting, takenBack } = this.kept;
    this.kept = null;
    const offered = fresh.find((each) => each.grid_id === grid.grid_id);
    if (!offered && !correcting && !takenBack) return;
    this.board = new Board(offered || grid, { correcting, marks });
    this.board.past.push(new Map());
    this.board.takenBack = takenBack;
    this.view.reopened = correcting || takenBack ? grid.grid_id : "";
  }

  preload() {
    this.preloadPictures(this.waiting.flatMap((grid) => grid.items.map((item) => item.pictures[this.view.stretch])));
  }

  // --- sending ----------------------------------------------------------------------------------------

  submit(restSkipped = false) {
    const board = this.board;
    if (!board || this.campaign.state in NOT_OPEN) return;
    const answers = board.answers(this.campaign, restSkipped);
    const kind = board.correcting ? "correct" : "submit";
    const { grid_id } = board.grid;
    this.post({ kind, grid_id, display: this.display(), answers });
    const events = Object.fromEntries(answers.map((answer) => [answer.galaxy_id, answer.event_id]));
    const marks = Object.fromEntries(answers.map(({ galaxy_id, kind, answer }) => [galaxy_id, kind === "skip" ? SKIP : this.campaign.answers.indexOf(answer)]));
    const explicit = Object.fromEntries(board.marks);
    this.submitted.delete(grid_id);
    this.submitted.set(grid_id, { grid: board.grid, marks, explicit, events });
    this.flip();
  }

  flip() {
    this.view.reopened = "";
    this.root.focus({ preventScroll: true });
    const next = this.waiting.shift();
    this.board = next ? new Board(next) : null;
    this.changed();
  }

  // Submissions that can be taken back or corrected, newest first: ours at once, older ones from the server.
  lastTen() {
    const mine = Array.from(this.submitted.values()).reverse();
    const known = new Set(this.submitted.keys());
    return [...mine, ...this.last.filter((each) => !known.has(each.grid.grid_id))].slice(0, 10);
  }

  takeBack() {
    const last = this.lastTen()[0];
    if (!last || (this.board && this.board.correcting)) return;
    const undone = Object.entries(last.events).map(([galaxy_id, undoes]) => ({ galaxy_id, undoes, event_id: newId() }));
    const { grid } = last;
    this.post({ kind: "undo", grid_id: grid.grid_id, undone });
    this.submitted.delete(grid.grid_id);
    this.last = this.last.filter((each) => each.grid.grid_id !== grid.grid_id);
    if (this.board && !this.waiting.some((each) => each.grid_id === this.board.grid.grid_id)) this.waiting.unshift(this.board.grid);
    this.board = new Board(grid, { marks: last.explicit });
    this.board.takenBack = true;
    this.view.reopened = grid.grid_id;
    this.changed();
  }

  reopen(submission) {
    const { grid, explicit, events } = submission;
    if (this.board && this.board.correcting) this.leaveCorrection();
    if (this.board) this.waiting.unshift(this.board.grid);
    this.board = new Board(grid, { marks: explicit, correcting: events });
    this.view.reopened = grid.grid_id;
    this.changed();
  }

  leaveCorrection() {
    if (!this.board || !this.board.correcting) return;
    this.flip();
  }

  flag(comment) {
    const item = this.board && this.board.grid.items.find(({ id }) => id === this.flagging);
    if (!item) return;
    this.board.flagged.add(item.id);
    this.post({ kind: "flag", grid_id: this.board.grid.grid_id, galaxy_id: item.id, comment, event_id: newId(), display: this.display() });
  }

  go(page) {
    const ids = this.board ? this.board.targets() : [];
    const wanted = ids.length ? ids : this.board ? this.board.ids.filter((id) => this.board.marks.get(id) === 0) : [];
    if (!wanted.length) return this.say("Focus a galaxy first: click it, or use the arrow keys.");
    this.setTriggerValue("go", { page, galaxies: page === "galaxy" ? wanted.slice(0, 1) : wanted });
  }

  changeSettings(settings) {
    this.root.focus({ preventScroll: true });
    this.setStateValue("settings", { ...settings, change: newId(), at_ms: Date.now() });
  }
}

export default mountPage(GridPage);
