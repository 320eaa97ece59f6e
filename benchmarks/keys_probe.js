// Run in the page by benchmarks/keys.py: when a key came, and when the frame that shows what it did was painted.
() => {
  const inShadow = (each) => each.shadowRoot?.querySelector(".gg");
  const root = [...document.querySelectorAll("*")].map(inShadow).find(Boolean);
  const cells = () => [...root.querySelectorAll(".gg-cell")];
  const ids = () => cells().map((cell) => cell.dataset.id);
  const allInView = () => cells().every((cell) => cell.firstChild.complete && !cell.classList.contains("gg-loading"));
  let flips = [], marks = [], flip = Promise.resolve();

  // A message posted in an animation frame is read after that frame is painted.
  const painted = () =>
    new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now());
      channel.port2.postMessage(0);
    }));

  async function nextGrid(before, from) {
    let at;
    do at = await painted();
    while (!cells().length || ids()[0] === before || !allInView());
    flips.push(at - from);
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Enter") flip = nextGrid(ids()[0], event.timeStamp);
    else if (event.key === "1") painted().then((at) => marks.push(at - event.timeStamp));
  }, true);

  window.probe = {
    ids,
    inView: async () => {
      await flip;
      return ids();
    },
    clear: () => void ([flips, marks] = [[], []]),
    times: () => ({ flips, marks }),
  };
}
