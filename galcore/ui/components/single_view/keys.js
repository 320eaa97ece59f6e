// The keys of the view of one galaxy.

const KEY_LIST = [
  ["⏎", "give the highlighted answer; with several at once, submit: the others are no"],
  ["↑ ↓", "highlight an answer"],
  ["␣", "skip the galaxy: nothing is decided"],
  ["⌫", "back: take the last answer back, also that of the galaxy before"],
  ["z", "magnify where the pointer is"],
  ["s", "next stretch"],
  ["b", "colour, red, green, blue (with lens grades: the button)"],
  ["i", "invert: dark on white"],
  ["p", "pixels as they are, or smoothed"],
  ["f", "flag with a comment"],
  ["m", "find similar galaxies"],
  ["g", "page of the galaxy"],
  ["h", "guide"],
  ["?", "this list"],
  ["Esc", "close, or end the magnifier"],
];
const KEY_NOTE = "With several at once, a digit ticks. A step of the path over the question takes you back to it. Esc closes.";

function bindKeys(page) {
  const letters = {
    ArrowUp: () => page.highlight(-1),
    ArrowDown: () => page.highlight(1),
    Enter: () => page.confirm(),
    " ": () => page.skip(),
    Backspace: () => page.back(),
    z: () => page.toggleZoom(),
    s: () => page.nextStretch(),
    b: () => page.nextChannel(),
    i: () => page.look({ inverted: !page.view.inverted }),
    p: () => page.look({ pixels: !page.view.pixels }),
    f: () => page.askFlag(),
    m: () => page.go("similar"),
    g: () => page.go("galaxy"),
  };
  const always = {
    h: () => page.toggleOverlay(".gg-guide"),
    "?": () => page.toggleOverlay(".gg-keys"),
    Escape: () => page.escape(),
  };
  return listenToKeys(page.root, (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const place = page.placeOf(event.key);
    const act = place >= 0 ? () => page.answer(place) : letters[key];
    if (!act && !always[key]) return null;
    // A key that is held down answers once; nothing is answered under a list that lies over the page.
    if (event.repeat) return () => {};
    if (always[key] && place < 0) return always[key];
    return page.overlayOpen() ? () => {} : act;
  });
}
