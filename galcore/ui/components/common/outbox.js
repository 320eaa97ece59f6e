// The outbox: what the server has not confirmed yet. It is written to this browser before it is sent, so a reload,
// a closed tab or a killed server loses nothing; every event carries its own UUID, so sending twice is harmless.

const OUTBOX_PREFIX = "galcore.outbox.";
const STALE_MS = 12000;

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function readStored(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function writeStored(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage may be full or forbidden: the outbox then lives as long as the tab does.
  }
}

class Outbox {
  constructor(scope) {
    this.scope = scope; // workspace and person: answers of another person are never sent under this name
    this.client = newId();
    this.key = OUTBOX_PREFIX + this.client;
    this.items = [];
    this.lastNumber = 0;
    this.oldestAt = 0;
    this.adoptAbandoned();
  }

  // Items that a tab of the same person left behind; a tab that is alive renews its stamp.
  adoptAbandoned() {
    for (let index = localStorage.length - 1; index >= 0; index--) {
      const key = localStorage.key(index);
      if (!key || !key.startsWith(OUTBOX_PREFIX) || key === this.key) continue;
      const left = readStored(key, null);
      if (!left || left.scope !== this.scope) continue;
      if (!left.closed && Date.now() - left.alive < STALE_MS) continue;
      writeStored(key, null);
      for (const item of left.items) this.put(item);
    }
  }

  put(item) {
    this.lastNumber += 1;
    if (!this.items.length) this.oldestAt = Date.now();
    this.items.push({ ...item, n: this.lastNumber });
    this.save();
  }

  acknowledge(ack) {
    if (!ack || ack.client !== this.client) return false;
    const before = this.items.length;
    this.items = this.items.filter((item) => item.n > ack.n);
    if (this.items.length !== before) {
      this.oldestAt = Date.now();
      this.save();
    }
    return this.items.length !== before;
  }

  save(closed = false) {
    const kept = { scope: this.scope, alive: Date.now(), closed, items: this.items };
    writeStored(this.key, this.items.length ? kept : null);
  }

  message() {
    return { client: this.client, items: this.items };
  }

  waitingAnswers() {
    return this.items.reduce((sum, item) => sum + (item.answers || item.undone || [item]).length, 0);
  }

  waitingMs() {
    return this.items.length ? Date.now() - this.oldestAt : 0;
  }
}
