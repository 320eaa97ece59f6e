// The keys of the grid.

const KEY_LIST = [
  ["1 – 9", "answer the focused or selected galaxies; also what a click gives"],
  ["⏎", "submit the grid"],
  ["␣", "unsure: the focused or selected galaxies; with none focused, skip the grid"],
  ["⌫", "undo the last mark, or take back the last submission"],
  ["← ↑ ↓ →", "move the focus"],
  ["⇧ + arrow", "select a range"],
  ["⇧ + click", "mark a range"],
  ["a", "mark all, or none"],
  ["z", "magnify, with a scale bar"],
  ["s", "next stretch"],
  ["i", "invert: dark on white"],
  ["p", "pixels as they are, or smoothed"],
  ["f", "flag with a comment"],
  ["m", "find similar galaxies"],
  ["g", "page of the galaxy"],
  ["h", "guide"],
  ["?", "this list"],
  ["Esc", "close, or leave a correction"],
];
const KEY_NOTE = "Drag over pictures to mark several. Esc closes.";

function bindKeys(actions, root) {
  const columns = () => actions.columns();
  const moves = {
    ArrowLeft: () => -1,
    ArrowRight: () => 1,
    ArrowUp: () => -columns(),
    ArrowDown: () => columns(),
  };
  const letters = {
    a: actions.markAll,
    z: actions.toggleZoom,
    s: actions.nextStretch,
    i: actions.invert,
    p: actions.pixels,
    f: actions.flag,
    m: actions.similar,
    g: actions.openGalaxy,
    h: actions.guide,
    "?": actions.keyList,
    Backspace: actions.undo,
    Escape: actions.escape,
  };

  return listenToKeys(root, (event) => {
    if (moves[event.key]) return () => actions.move(moves[event.key](), event.shiftKey);
    if (/^[1-9]$/.test(event.key)) return () => actions.answer(Number(event.key) - 1);
    if (event.key === "Enter") return event.repeat ? () => {} : actions.submit;
    if (event.key === " ") return event.repeat ? () => {} : actions.skip;
    return letters[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  });
}
