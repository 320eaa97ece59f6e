// The keys of the grid.

const KEY_LIST = [
  ["⏎", "submit the grid"],
  ["␣", "unsure: the focused or selected galaxies; with none focused, skip the grid"],
  ["⌫", "undo the last mark, or take back the last submission"],
  ["← ↑ ↓ →", "move the focus"],
  ["⇧ + arrow", "select a range"],
  ["⇧ + click", "mark a range"],
  ["a", "mark all, or none (with lens grades ⇧ A)"],
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
const KEY_NOTE = "An answer goes to the focused or selected galaxies, and is what a click gives from then on. Drag over pictures to mark several. Esc closes.";

function bindKeys(actions, root) {
  const columns = () => actions.columns();
  const moves = {
    ArrowLeft: () => -1,
    ArrowRight: () => 1,
    ArrowUp: () => -columns(),
    ArrowDown: () => columns(),
  };
  const keys = {
    Enter: actions.submit,
    " ": actions.skip,
    a: actions.markAll,
    z: actions.toggleZoom,
    s: actions.nextStretch,
    i: actions.invert,
    p: actions.pixels,
    f: actions.flag,
    m: actions.similar,
    g: actions.openGalaxy,
    Backspace: actions.undo,
  };
  const always = { h: actions.guide, "?": actions.keyList, Escape: actions.escape };

  return listenToKeys(root, (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (always[key]) return always[key];
    const act = actOf(event, key);
    return act && actions.covered() ? () => {} : act; // nothing changes under a list that lies over the page
  });

  function actOf(event, key) {
    if (moves[key]) return () => actions.move(moves[key](), event.shiftKey);
    // A grade called A is given by its letter; with shift the letters mean what they mean everywhere.
    const shifted = event.shiftKey && /^[a-z]$/.test(key);
    const place = shifted ? -1 : actions.placeOf(event.key);
    if (place >= 0) return () => actions.answer(place);
    const oncePerPress = key === "Enter" || key === " ";
    return oncePerPress && event.repeat ? () => {} : keys[key];
  }
}
