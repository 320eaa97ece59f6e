// The component: one galaxy in hand, those ahead, those behind; ties walk, outbox, keys and drawing together.
// Streamlit calls the default export at every rerun; the page object is made once and then only given new data.

const HANDS_PREFIX = "galcore.single.";
const PRELOADED = 3;

class SinglePage extends DrawnSingle {
  constructor(root) {
    super(root);
    this.view = { ...this.view, channel: 0 };
    this.current = null; // the galaxy in hand, see takeInHand
    this.aside = []; // begun before, or put aside while going back: next in line
    this.queue = []; // galaxies that the server offers behind those
    this.past = []; // done here, the last one last: {item, given, skip}
    this.highlighted = -1;
    this.picture = new Picture(this.find(".gs-left"));
    this.unbind = bindKeys(this);
    this.listen();
  }

  // --- what the server says ---------------------------------------------------------------------------

  receive(data, setStateValue, setTriggerValue) {
    const first = this.takeData(data, setStateValue, setTriggerValue);
    this.takeAhead(data.ahead);
    this.preload();
    this.draw();
    if (first && this.outbox.items.length) this.send();
  }

  // What was in hand before a reload goes on; where the server knows more of a galaxy, the server counts.
  start() {
    super.start();
    this.handsKey = `${HANDS_PREFIX}${this.data.workspace}|${this.campaign.id}|${this.data.user}`;
    const kept = readStored(this.handsKey, null) || {};
    this.past = kept.past || [];
    const hands = [kept.current, ...(kept.aside || [])].filter((hand) => hand && hand.item);
    const { begun } = this.data; // absent when this is not the first that the server says in this session
    const mine = hands.map((hand) => this.stillMine(hand, begun)).filter(Boolean);
    const known = new Set(mine.map((hand) => hand.item.id));
    const others = (begun || []).filter(({ item }) => !known.has(item.id));
    this.aside = [...mine, ...others.map(({ item, given }) => this.tickSaid(takeInHand(item, given)))];
  }

  stillMine(hand, begun) {
    const { id } = hand.item;
    if (this.pendingIds().has(id)) return hand;
    if (!hand.given.length) {
      const offered = this.data.ahead.find((item) => item.id === id);
      return offered ? { ...hand, item: offered } : null;
    }
    if (!begun) return hand;
    const told = begun.find(({ item }) => item.id === id);
    return told ? { ...hand, ...told } : null;
  }

  // Several at once: what was said yes to stands ticked.
  tickSaid(hand) {
    if (this.campaign.mode !== "multilabel") return hand;
    return { ...hand, ticked: hand.given.filter(({ answer }) => answer === "yes").map(({ question }) => question) };
  }

  // Galaxies with something on its way: the server may still offer them, since it has not read it.
  pendingIds() {
    const mine = this.outbox.items.filter((item) => item.campaign_id === this.campaign.id && item.kind !== "flag");
    return new Set(mine.flatMap((item) => (item.galaxy_id ? [item.galaxy_id] : (item.answers || []).map((each) => each.galaxy_id))));
  }

  takeAhead(offered) {
    const pending = this.pendingIds();
    const { current } = this;
    if (current && !current.given.length && !pending.has(current.item.id)) {
      const held = offered.find((item) => item.id === current.item.id);
      if (held) current.item = held;
      else if (!current.touched) this.current = null; // given to somebody else, or the campaign is not open
    }
    const held = new Set(this.aside.map((hand) => hand.item.id));
    if (this.current) held.add(this.current.item.id);
    this.queue = offered.filter((item) => !pending.has(item.id) && !held.has(item.id));
    if (!this.current) this.advance();
  }

  preload() {
    const next = [...this.aside.map((hand) => hand.item), ...this.queue].slice(0, PRELOADED);
    this.preloadPictures(next.map((item) => item.large[this.view.stretch]));
  }

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

  // --- everything else --------------------------------------------------------------------------------

  highlight(step) {
    if (!this.current || this.campaign.mode === "multilabel") return;
    const count = this.answersShown().length;
    this.highlighted = this.highlighted < 0 ? (step > 0 ? 0 : count - 1) : (this.highlighted + step + count) % count;
    this.draw();
  }

  nextChannel() {
    this.view.channel = (this.view.channel + 1) % CHANNELS.length;
    this.draw();
  }

  display() {
    const { name } = CHANNELS[this.view.channel];
    return super.display() + (name ? `, ${name}` : "");
  }

  toggleZoom() {
    this.picture.magnified = !this.picture.magnified;
    this.draw();
  }

  askFlag() {
    if (this.current) this.openFlag(this.current.item.id);
  }

  flag(comment) {
    if (!this.current) return;
    this.post({ kind: "flag", ...this.shown(), comment, event_id: newId(), display: this.display() });
    this.current.flagged = true;
    this.current.touched = true;
    this.changed();
  }

  go(page) {
    if (this.current) this.setTriggerValue("go", { page, galaxies: [this.current.item.id] });
  }

  escape() {
    if (this.overlayOpen()) return this.closeOverlays();
    this.picture.magnified = false;
    this.highlighted = -1;
    return this.draw();
  }

  tick() {
    super.tick();
    if (this.data && !this.offline) this.picture.askAgain();
  }

  changed() {
    const { current, aside, past } = this;
    writeStored(this.handsKey, current || aside.length || past.length ? { current, aside, past } : null);
    this.preload();
    this.draw();
  }

  listen() {
    this.listenToButtons({
      ".gs-submit": () => this.confirm(),
      ".gs-skip": () => this.skip(),
      ".gs-back": () => this.back(),
      ".gs-channel": () => this.nextChannel(),
      ".gs-invert": () => this.look({ inverted: !this.view.inverted }),
      ".gs-zoom": () => this.toggleZoom(),
      ".gs-flag-it": () => {},
      ".gs-similar": () => this.go("similar"),
      ".gs-galaxy": () => this.go("galaxy"),
      ".gg-help": () => this.toggleOverlay(".gg-keys"),
      ".gg-open-guide": () => this.toggleOverlay(".gg-guide"),
      ".gg-flag-cancel": () => this.closeOverlays(),
      ".gg-keys": () => this.closeOverlays(),
    });
    this.listenToFlag();
    this.find(".gs-flag-it").addEventListener("click", () => this.askFlag());
    this.find(".gs-window").addEventListener("click", () => this.toggleZoom());
    this.find(".gs-stretch").addEventListener("change", (event) => {
      this.look({ stretch: event.target.value });
      this.root.focus({ preventScroll: true });
    });
  }
}

const pages = new WeakMap();

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".gg");
  if (!pages.has(root)) pages.set(root, new SinglePage(root));
  const page = pages.get(root);
  page.receive(data, setStateValue, setTriggerValue);
  return () => {
    page.close();
    pages.delete(root);
  };
}
