// All that a message to a component carries of it: the rest is loaded once, from the address written in here.
const RETRY_MS = 500, LONGEST_MS = 4000;

async function load(tries = 0) {
  try {
    return await import(new URL(tries ? `ADDRESS?${tries}` : "ADDRESS", document.baseURI).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    await new Promise((again) => setTimeout(again, Math.min(LONGEST_MS, RETRY_MS * 2 ** tries)));
    return load(tries + 1);
  }
}

const { default: show, markup, style } = await load();
const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
const filled = new WeakSet();

export default function (component) {
  const root = component.parentElement;
  if (!filled.has(root)) {
    filled.add(root);
    const holder = document.createElement("div");
    holder.innerHTML = markup;
    root.getRootNode().adoptedStyleSheets.push(sheet);
    root.append(holder);
  }
  return show(component);
}
