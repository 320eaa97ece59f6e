// What a person says of the galaxy in hand, and how it is taken back. The page itself (main.js) extends this.

class AnsweringSingle extends DrawnSingle {
  // --- answering --------------------------------------------------------------------------------------

  asked() {
    return this.current ? walk(this.data.questions, this.campaign.mode, this.current.given).next : null;
  }

  // The answers on the buttons: those of the question asked; with several at once, the questions themselves.
  answersShown() {
    const { questions } = this.data;
    if (this.campaign.mode === "multilabel") return questions.map(({ name }) => name);
    return (this.asked() || questions[0]).answers;
  }

  placeOf(key) {
    return this.data ? placeOfKey(this.campaign.mode, this.answersShown(), key) : -1;
  }

  mayAnswer() {
    if (!this.data || this.overlayOpen()) return false;
    const closed = NOT_OPEN[this.campaign.state];
    if (closed) this.say(closed.title);
    return !closed;
  }

  answer(place) {
    if (!this.current || !this.mayAnswer()) return;
    if (this.campaign.mode === "multilabel") this.toggle(this.answersShown()[place]);
    else {
      const { name, answers } = this.asked();
      this.give([{ question: name, answer: answers[place], kind: "label", explicit: true }]);
    }
  }

  toggle(name) {
    const { ticked } = this.current;
    this.current.ticked = ticked.includes(name) ? ticked.filter((each) => each !== name) : [...ticked, name];
    this.current.touched = true;
    this.changed();
  }

  confirm() {
    if (!this.current || !this.mayAnswer()) return;
    if (this.campaign.mode === "multilabel") this.submitTicked();
    else if (this.highlighted >= 0) this.answer(this.highlighted);
    else this.say("Choose an answer: by its key, or with ↑ ↓ and ⏎.");
  }

  // What is not ticked is a no, implied. What was said before and stays is not said again.
  submitTicked() {
    const { given, ticked } = this.current;
    const before = byQuestion(given);
    const said = this.data.questions.map(({ name }) => {
      const yes = ticked.includes(name);
      return { question: name, answer: yes ? "yes" : "no", kind: "label", explicit: yes };
    });
    const news = said.filter(({ question, answer }) => before.get(question)?.answer !== answer);
    const replaced = news.map(({ question }) => before.get(question)).filter(Boolean);
    if (replaced.length) this.takeBack(replaced);
    this.give(news);
  }

  give(said) {
    const hand = this.current;
    const answers = said.map((each) => ({ ...each, event_id: newId() }));
    this.post({ kind: "answer", ...this.shown(), display: this.display(), answers });
    hand.given = [...hand.given, ...answers.map(({ question, answer, event_id }) => ({ question, answer, event_id }))];
    hand.touched = true;
    this.highlighted = -1;
    if (!this.asked()) this.finish(null);
    this.changed();
  }

  skip() {
    if (!this.current || !this.mayAnswer()) return;
    const question = this.campaign.mode === "multilabel" ? "" : this.asked().name;
    const skip = { question, answer: "", kind: "skip", explicit: true, event_id: newId() };
    this.post({ kind: "answer", ...this.shown(), display: this.display(), answers: [skip] });
    this.finish(skip);
    this.changed();
  }

  // Answers that no path leads to any more, from a correction elsewhere, are taken back when the galaxy is done.
  finish(skip) {
    const { path } = walk(this.data.questions, this.campaign.mode, this.current.given);
    const stray = this.current.given.filter((each) => !path.includes(each));
    if (stray.length && !skip) this.takeBack(stray);
    this.past = [...this.past, { item: this.current.item, given: this.current.given, skip }].slice(-MOST_DONE);
    this.current = null;
    this.advance();
  }

  advance() {
    this.highlighted = -1;
    this.picture.magnified = false;
    this.current = this.aside.shift() || (this.queue.length ? takeInHand(this.queue.shift()) : null);
  }

  shown() {
    return { grid_id: this.current.item.grid_id, galaxy_id: this.current.item.id };
  }

  // --- going back -------------------------------------------------------------------------------------

  back() {
    if (!this.mayAnswer()) return;
    const hand = this.current;
    const { path } = hand ? walk(this.data.questions, this.campaign.mode, hand.given) : { path: [] };
    if (hand && this.campaign.mode === "multilabel" && hand.ticked.length) hand.ticked = hand.ticked.slice(0, -1);
    else if (this.campaign.mode === "tree" && path.length) this.takeBack(path.slice(-1));
    else this.reopen();
    this.highlighted = -1;
    this.changed();
  }

  // To a step of the path: it and what follows is taken back.
  backTo(place) {
    this.root.focus({ preventScroll: true });
    if (!this.current || !this.mayAnswer()) return;
    const { path } = walk(this.data.questions, this.campaign.mode, this.current.given);
    this.takeBack(path.slice(place));
    this.highlighted = -1;
    this.changed();
  }

  // One event a taken back answer, naming it.
  takeBack(answers) {
    const undone = answers.map(({ event_id, kind }) => ({ undoes: event_id, kind: kind || "label", event_id: newId() }));
    this.post({ kind: "back", ...this.shown(), undone });
    this.current.given = this.current.given.filter((each) => !answers.includes(each));
    this.current.touched = true;
  }

  // The galaxy before, with its last answer taken back; the one in hand is the next one then.
  reopen() {
    const last = this.past[this.past.length - 1];
    if (!last) return this.say("There is nothing to go back to.");
    this.past = this.past.slice(0, -1);
    if (this.current) this.aside.unshift(this.current);
    this.current = this.tickSaid(takeInHand(last.item, last.given));
    const { path } = walk(this.data.questions, this.campaign.mode, last.given);
    if (last.skip) this.takeBack([last.skip]);
    else this.takeBack(this.campaign.mode === "tree" ? path.slice(-1) : last.given);
    return this.say(last.skip ? "Back at the galaxy you skipped." : "Back at the galaxy before: its last answer is taken back.");
  }
}
