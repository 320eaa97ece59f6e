// The board: one grid with its marks, focus and selection. No drawing and no sending happens here.
// A mark is the number of an answer (0 …) or SKIP; a galaxy without a mark is absent.

const SKIP = -1;

class Board {
  constructor(grid, { correcting = false, marks = {} } = {}) {
    this.grid = grid;
    this.correcting = correcting; // the submission whose answers are being changed
    this.marks = new Map(Object.entries(marks).map(([id, mark]) => [id, Number(mark)]));
    this.flagged = new Set();
    this.selection = new Set();
    this.focus = -1;
    this.anchor = -1;
    this.past = [];
  }

  get ids() {
    return this.grid.items.map((item) => item.id);
  }

  remember() {
    this.past.push(new Map(this.marks));
    if (this.past.length > 100) this.past.shift();
  }

  stepBack() {
    const before = this.past.pop();
    if (before) this.marks = before;
    return Boolean(before);
  }

  set(id, mark) {
    if (mark === null) this.marks.delete(id);
    else this.marks.set(id, mark);
  }

  // All of `ids` get the mark; if all have it already, it is taken away. Returns what they got.
  paint(ids, mark) {
    const taken = ids.length > 0 && ids.every((id) => this.marks.get(id) === mark);
    this.remember();
    for (const id of ids) this.set(id, taken ? null : mark);
    return taken ? null : mark;
  }

  // What a key acts on: the selection, else the focused galaxy.
  targets() {
    if (this.selection.size) return this.ids.filter((id) => this.selection.has(id));
    return this.focus >= 0 ? [this.ids[this.focus]] : [];
  }

  between(first, second) {
    return this.ids.slice(Math.min(first, second), Math.max(first, second) + 1);
  }

  moveFocus(step, extend) {
    const last = this.ids.length - 1;
    const from = this.focus;
    const to = from < 0 ? 0 : Math.min(last, Math.max(0, from + step));
    if (extend) {
      if (this.anchor < 0) this.anchor = Math.max(0, from);
      this.selection = new Set(this.between(this.anchor, to));
    } else {
      this.anchor = -1;
      this.selection.clear();
    }
    this.focus = to;
  }

  countOf(mark) {
    return this.ids.filter((id) => this.marks.get(id) === mark).length;
  }

  // What a submission says of each galaxy. Binary: the rest is "no", implied. Several classes: the rest was seen
  // and not decided. `restSkipped`: nothing is implied, the rest counts as not decided.
  answers(campaign, restSkipped = false) {
    return this.grid.items.map(({ id }) => {
      const mark = this.marks.get(id);
      const explicit = mark !== undefined;
      const implied = campaign.mode === "binary" && !restSkipped ? 1 : SKIP;
      const final = explicit ? mark : implied;
      const kind = final === SKIP ? "skip" : "label";
      const answer = final === SKIP ? "" : campaign.answers[final];
      return { galaxy_id: id, answer, kind, explicit, event_id: newId() };
    });
  }

  stored() {
    return { grid: this.grid, correcting: this.correcting, marks: Object.fromEntries(this.marks) };
  }
}
