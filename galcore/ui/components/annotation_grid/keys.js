// Keys. None acts while somebody types in a field, and none that Streamlit or the browser wants is taken.

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

function activeElement() {
  let active = document.activeElement;
  while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

function isTyping(element) {
  if (!element) return false;
  if (element.isContentEditable) return true;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

// Whether a key pressed now belongs to the grid.
function belongsToGrid(event, root) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return false;
  const active = activeElement();
  if (isTyping(active)) return false;
  if (document.querySelector('[data-testid="stDialog"], [data-testid="stPopoverBody"]')) return false;
  const elsewhere = active && active !== document.body && !root.contains(active);
  const operatesElements = event.key === "Enter" || event.key === " ";
  if (!operatesElements) return true;
  // Enter and space press whatever button is focused outside the pictures.
  return !elsewhere && !(active && active.tagName === "BUTTON" && root.contains(active));
}

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

  function onKey(event) {
    if (!root.isConnected || !belongsToGrid(event, root)) return;
    let act = null;
    if (moves[event.key]) act = () => actions.move(moves[event.key](), event.shiftKey);
    else if (/^[1-9]$/.test(event.key)) act = () => actions.answer(Number(event.key) - 1);
    else if (event.key === "Enter") act = event.repeat ? () => {} : actions.submit;
    else if (event.key === " ") act = event.repeat ? () => {} : actions.skip;
    else act = letters[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}
