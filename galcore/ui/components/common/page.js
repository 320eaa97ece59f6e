// A page on which people answer: its outbox, what it says about saving, what lies over it, how pictures look.
// The pages extend this; they bring draw(), drawNotice(), changed(), preload(), flag() and their own keys.

const RETRY_MS = 4000;
const TICK_MS = 700;
const HEALTH = "galcore/health"; // relative: see from_page in galcore/web/addresses.py
const NOT_OPEN = {
  draft: { title: "This campaign has not begun", text: "It opens when its owner opens it (Home). Choose another campaign on top." },
  paused: { title: "This campaign is paused", text: "Its labels are kept, and it goes on when its owner says so. Choose another campaign on top." },
  closed: { title: "This campaign is closed", text: "Its labels are kept; Review shows the results. Choose another campaign on top." },
};

// Streamlit covers the page when the server is away. The page goes on working and says "offline" itself.
function closeConnectionDialog() {
  const block = document.querySelector('[data-testid="stDialog"] [data-testid="stErrorCodeBlock"]');
  const dialog = block && block.closest('[role="dialog"]');
  if (dialog) dialog.querySelector('button[aria-label="Close"]')?.click();
}

class AnnotationPage {
  constructor(root) {
    this.root = root;
    this.view = { stretch: "survey", inverted: false, pixels: false };
    this.offline = false;
    this.preloaded = new Map();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.resizer = new ResizeObserver(() => this.draw());
    this.resizer.observe(root);
    this.onResize = () => this.draw();
    window.addEventListener("resize", this.onResize);
    this.onPageHide = () => this.leave("closed");
    window.addEventListener("pagehide", this.onPageHide);
    root.addEventListener("click", (event) => this.explain(event));
  }

  // What a mouse reads by resting on a number, a finger reads by tapping it.
  explain(event) {
    const told = event.pointerType === "touch" && event.target.closest("[title]");
    if (told && !told.closest("button, .gg-cells")) this.say(told.title, 8000);
  }

  close() {
    this.unbind();
    clearInterval(this.timer);
    this.resizer.disconnect();
    window.removeEventListener("resize", this.onResize);
    window.removeEventListener("pagehide", this.onPageHide);
    this.leave("turned");
  }

  // Others may have the galaxies of somebody who has gone, unless answers to them still have to be sent. A request
  // that outlives the page; the header is one that another site cannot send.
  leave(how) {
    if (!this.outbox) return;
    this.outbox.save(true);
    if (this.outbox.items.length) return;
    const { address, token } = this.data.hands;
    const headers = { "X-Galcore": token };
    fetch(`${address}?${how}`, { method: "POST", credentials: "same-origin", keepalive: true, headers }).catch(() => {});
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // --- what the server says ---------------------------------------------------------------------------

  // Says whether this is the first that the server says.
  takeData(data, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    const first = !this.data;
    this.data = data;
    this.campaign = data.campaign;
    if (first) this.start();
    if (this.outbox.acknowledge(data.ack)) {
      this.offline = false;
      this.somethingSaved = true;
      this.refused = false;
    }
    if (data.problem) {
      this.refused = true;
      this.say(data.problem, 20000);
    }
    return first;
  }

  start() {
    this.outbox = new Outbox(`${this.data.workspace}|${this.data.user}`);
    const look = readStored("galcore.look", {});
    if (this.data.stretches.some(({ name }) => name === look.stretch)) this.view.stretch = look.stretch;
    this.view.inverted = Boolean(look.inverted);
    this.view.pixels = Boolean(look.pixels);
    this.root.tabIndex = -1;
    const active = activeElement();
    if (!isTyping(active)) this.root.focus({ preventScroll: true });
  }

  preloadPictures(addresses) {
    for (const address of addresses) {
      if (this.preloaded.has(address)) continue;
      const picture = new Image();
      picture.fetchPriority = "low";
      picture.src = address;
      this.preloaded.set(address, picture);
    }
    while (this.preloaded.size > 600) this.preloaded.delete(this.preloaded.keys().next().value);
  }

  // --- sending ----------------------------------------------------------------------------------------

  post(item) {
    this.outbox.put({ campaign_id: this.campaign.id, ...item });
    this.send();
  }

  send() {
    this.sentAt = Date.now();
    this.setStateValue("outbox", this.outbox.message());
  }

  tick() {
    if (!this.data) return;
    closeConnectionDialog();
    if (this.outbox.items.length) {
      this.outbox.save();
      if (Date.now() - this.sentAt > RETRY_MS) {
        this.checkServer();
        this.send();
      }
    }
    this.drawSaved();
  }

  async checkServer() {
    try {
      const answer = await fetch(HEALTH, { cache: "no-store", signal: AbortSignal.timeout(2500) });
      this.offline = !answer.ok;
    } catch {
      this.offline = true;
    }
    this.drawSaved();
  }

  drawSaved() {
    if (!this.outbox) return;
    const holder = this.find(".gg-saved");
    const waiting = this.outbox.waitingAnswers();
    const late = this.outbox.waitingMs() > 1200;
    const offline = this.offline || !navigator.onLine;
    const answers = `${waiting} answer${waiting === 1 ? "" : "s"} waiting`;
    const text = waiting ? (offline ? `offline · ${answers}` : late ? answers : "saving …") : offline ? "offline" : this.refused ? "not stored" : this.somethingSaved ? "saved ✓" : "";
    setText(holder, text);
    holder.classList.toggle("gg-late", Boolean(waiting) && late);
    holder.classList.toggle("gg-offline", offline);
    if (!waiting && this.offline) this.checkServer();
  }

  say(text, milliseconds = 5000) {
    this.notice = text;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => {
      this.notice = "";
      this.drawNotice();
    }, milliseconds);
    this.drawNotice();
  }

  // --- how pictures look ------------------------------------------------------------------------------

  nextStretch() {
    const names = this.data.stretches.map(({ name }) => name);
    this.look({ stretch: names[(names.indexOf(this.view.stretch) + 1) % names.length] });
  }

  look(change) {
    Object.assign(this.view, change);
    writeStored("galcore.look", { stretch: this.view.stretch, inverted: this.view.inverted, pixels: this.view.pixels });
    this.preload();
    this.draw();
  }

  display() {
    return this.view.stretch + (this.view.inverted ? ", inverted" : "") + (this.view.pixels ? ", pixels" : "");
  }

  // --- what lies over the page ------------------------------------------------------------------------

  overlayOpen() {
    return [".gg-guide", ".gg-keys", ".gg-flag"].some((name) => !this.find(name).hidden);
  }

  toggleOverlay(name) {
    const wasOpen = !this.find(name).hidden;
    this.closeOverlays();
    if (wasOpen) return;
    if (name === ".gg-keys") drawKeyList(this.find(name), [answerKeyRow(this.campaign.mode), ...KEY_LIST], KEY_NOTE);
    else drawGuide(this.find(name), this.data.guide, this.campaign);
    this.find(name).hidden = false;
  }

  closeOverlays() {
    for (const name of [".gg-guide", ".gg-keys", ".gg-flag"]) this.find(name).hidden = true;
    this.root.focus({ preventScroll: true });
    this.draw();
  }

  openFlag(id) {
    this.flagging = id;
    this.find(".gg-flag").hidden = false;
    this.find(".gg-flag-label").textContent = `Flag ${id}`;
    this.find(".gg-flag-comment").value = "";
    this.find(".gg-flag-comment").focus();
  }

  listenToFlag() {
    this.find(".gg-flag").addEventListener("submit", (event) => {
      event.preventDefault();
      this.flag(this.find(".gg-flag-comment").value.trim());
      this.closeOverlays();
    });
    this.find(".gg-flag").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeOverlays();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.find(".gg-flag").requestSubmit();
    });
  }

  // A button gives the focus back to the page, so that space and enter mean what the keys say.
  listenToButtons(buttons) {
    for (const [selector, act] of Object.entries(buttons)) {
      this.find(selector).addEventListener("click", () => {
        this.root.focus({ preventScroll: true });
        act();
        this.changed();
      });
    }
  }
}

const pages = new WeakMap();

// What a component exports. Streamlit calls it at every rerun; the page object is made once for its element and then
// only given new data. It also ends each call that a newer one overtook, so a page ends when its element is gone.
function mountPage(Page) {
  return ({ parentElement, data, setStateValue, setTriggerValue }) => {
    const root = parentElement.querySelector(".gg");
    if (!pages.has(root)) pages.set(root, new Page(root));
    pages.get(root).receive(data, setStateValue, setTriggerValue);
    return () => setTimeout(() => endPage(root));
  };
}

function endPage(root) {
  if (root.isConnected || !pages.has(root)) return;
  pages.get(root).close();
  pages.delete(root);
}
