// What a grid page shows, drawn from its state. The page itself (main.js) extends this.

class DrawnPage extends AnnotationPage {
  draw(openZoom = false) {
    if (!this.data) return;
    const { root, board, view, campaign, data } = this;
    setText(this.find(".gg-question"), campaign.question);
    this.find(".gg-question").title = campaign.question;
    this.drawCounts();
    this.drawNotice();
    const size = board ? board.grid.items.length : data.columns * data.rows;
    const columns = size === data.columns * data.rows ? data.columns : Math.ceil(Math.sqrt(size));
    this.columns = columns;
    drawLegend(this.find(".gg-legend"), board, view, campaign, (mark) => this.chooseBrush(mark));
    layOut(root, columns, Math.max(1, Math.ceil(size / columns)));
    drawCells(this.find(".gg-cells"), board, view, campaign);
    this.drawEmpty();
    this.drawActions();
    drawModel(this.find(".gg-model"), data.model);
    drawShares(this.find(".gg-shares"), data.shares, (shares) => this.changeSettings({ shares }));
    this.drawSelects();
    drawStrip(this.find(".gg-strip"), this.lastTen(), campaign, view, (submission) => this.reopen(submission));
    this.drawSaved();
    if (board && board.focus >= 0 && (openZoom || this.zoom.open)) {
      this.zoom.show(board.grid.items[board.focus], view);
    } else if (this.zoom.open) this.zoom.hide();
  }

  chooseBrush(mark) {
    this.view.brush = mark;
    const targets = this.board ? this.board.targets() : [];
    if (this.board && this.board.selection.size) this.board.paint(targets, mark);
    this.root.focus({ preventScroll: true });
    this.changed();
  }

  drawCounts() {
    const { counts } = this.data;
    const waitingHere = this.outbox.items.filter((item) => item.kind === "submit").length;
    const state = JSON.stringify([counts, waitingHere, this.board && this.board.grid.round]);
    const holder = this.find(".gg-counts");
    if (holder.dataset.state === state) return;
    holder.dataset.state = state;
    const round = this.board ? this.board.grid.round : counts.round;
    const people = element("span", "gg-people", "●".repeat(Math.min(8, counts.here.length)));
    holder.title = counts.here.join(", ");
    holder.replaceChildren(
      "round ", element("b", "", String(round)),
      " · you ", element("b", "", String(counts.mine)),
      " · all ", element("b", "", String(counts.all)),
      " · ", element("b", "", String(counts.here.length)), " here ", people,
    );
  }

  drawNotice() {
    const correcting = this.board && this.board.correcting;
    const text =
      this.notice ||
      (correcting ? `Correcting round ${this.board.grid.round}: change the marks and submit, or Esc to leave it as it was.` : "") ||
      (this.board && this.board.takenBack ? `Round ${this.board.grid.round} is taken back: mark it again and submit.` : "");
    const holder = this.find(".gg-notice");
    holder.hidden = !text;
    setText(holder, text);
    this.root.classList.toggle("gg-correcting", Boolean(correcting));
  }

  drawEmpty() {
    const holder = this.find(".gg-empty");
    holder.hidden = Boolean(this.board);
    this.find(".gg-cells").hidden = !this.board;
    if (this.board) return;
    const done = this.data.done && !this.outbox.items.length;
    const closed = NOT_OPEN[this.campaign.state];
    const title = closed ? closed.title : done ? "All galaxies are answered" : "The next grid is on its way";
    const text = closed
      ? closed.text
      : done ? "Every galaxy has its answers, or lies in front of somebody else; what they give back comes here. Thank you! Review shows the results."
        : "Your answers are kept in this browser and are sent as soon as the server answers.";
    holder.replaceChildren(element("strong", "", title), element("span", "", text));
  }

  drawActions() {
    const { board, campaign } = this;
    const targets = board ? board.targets().length : 0;
    const closed = campaign.state in NOT_OPEN;
    this.find(".gg-submit").disabled = !board || closed;
    this.find(".gg-submit").firstChild.textContent = board && board.correcting ? "Save " : "Submit ";
    this.find(".gg-skip").disabled = !board || closed;
    setText(this.find(".gg-skip").firstChild, targets ? "Unsure" : "Skip");
    this.find(".gg-skip").title = targets ? "mark the focused galaxies as unsure" : "skip the whole grid: nothing is decided";
    this.find(".gg-all").disabled = !board || closed;
    setText(this.find(".gg-all kbd"), campaign.mode === "grades" ? "⇧A" : "a"); // there a is a grade
    this.find(".gg-similar").disabled = !board || !this.data.has_similar;
    const rest = campaign.mode === "binary" ? `rest = ${campaign.answers[1]}` : "rest = unsure";
    setText(this.find(".gg-rest"), rest);
    this.find(".gg-rest").title = rest;
  }

  drawSelects() {
    const size = this.find(".gg-size-select");
    if (!size.children.length) {
      size.replaceChildren(...this.data.sizes.map((name) => element("option", "", name)));
      const options = this.data.stretches.map(({ name, word }) => Object.assign(element("option", "", word), { value: name }));
      this.find(".gg-stretch-select").replaceChildren(...options);
    }
    size.value = `${this.data.rows} × ${this.data.columns}`;
    this.find(".gg-stretch-select").value = this.view.stretch;
    this.find(".gg-invert").classList.toggle("gg-on", this.view.inverted);
    this.find(".gg-smooth").classList.toggle("gg-on", this.view.pixels);
  }
}
