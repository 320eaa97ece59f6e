// Elements and colours. All text goes through textContent, so a name or an id is never read as markup.

// Shape and colour together tell the answers apart (Okabe and Ito's palette, safe for colour-blind people).
const SHAPES = ["●", "✕", "▲", "■", "◆", "★", "⬟", "✚", "⬢"];
const COLOURS = ["#f0a93b", "#8fa3c8", "#56b4e9", "#e8e052", "#cc79a7", "#2fbf95", "#ee7733", "#b8b8ff", "#d8d8d8"];
const SVG = "http://www.w3.org/2000/svg";

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
