// The component: one galaxy in hand, those ahead, those behind; ties walk, outbox, keys and drawing together.

const HANDS_PREFIX = "galcore.single.";
const PRELOADED = 3;

class SinglePage extends AnsweringSingle {
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
      ".gs-smooth": () => this.look({ pixels: !this.view.pixels }),
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

export default mountPage(SinglePage);
