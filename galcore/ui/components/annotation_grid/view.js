// Drawing. Elements are made once and patched, keyed by galaxy: a rerun of the page changes nothing that is the same.

function markShape(mark) {
  return mark === SKIP ? "?" : SHAPES[mark % SHAPES.length];
}

function markColour(mark) {
  return mark === SKIP ? "#9aa0ad" : COLOURS[mark % COLOURS.length];
}

function markName(campaign, mark) {
  return mark === SKIP ? "unsure" : campaign.answers[mark];
}

function makeCell(item) {
  const cell = element("div", "gg-cell");
  cell.setAttribute("role", "option");
  cell.dataset.id = item.id;
  const picture = element("img", "gg-picture");
  picture.alt = "";
  picture.draggable = false;
  picture.decoding = "async";
  picture.fetchPriority = "high";
  picture.addEventListener("error", () => cell.classList.add("gg-broken"));
  picture.addEventListener("load", () => cell.classList.remove("gg-broken", "gg-loading"));
  cell.classList.add("gg-loading");
  const why = element("span", "gg-why");
  cell.append(picture, element("span", "gg-badge"), why, element("span", "gg-flagged", "⚑"));
  return cell;
}

function whyText(item) {
  return item.score === null ? item.why : `${item.why} ${item.score.toFixed(2).replace(/^0/, "")}`;
}

const PANEL_PX = 236 + 18; // least width of the panel, with the gap before it
const NARROW_PX = 720;

// Fit pictures to the room: square cells, as large as width and height of the window allow.
function cellSide(root, columns, rows, gap) {
  const main = root.querySelector(".gg-main");
  const narrow = root.clientWidth < NARROW_PX;
  const scroller = root.getRootNode().host?.closest('[data-testid="stMain"]');
  const top = root.querySelector(".gg-body").getBoundingClientRect().top + (scroller ? scroller.scrollTop : 0);
  const below = main.querySelector(".gg-under").offsetHeight + main.querySelector(".gg-actions").offsetHeight + 34;
  const width = root.clientWidth - (narrow ? 0 : PANEL_PX) - gap * (columns - 1);
  const height = window.innerHeight - top - below - gap * (rows - 1);
  return Math.max(44, Math.floor(Math.min(width / columns, Math.max(height / rows, narrow ? 90 : 44))));
}

function layOut(root, columns, rows) {
  root.classList.toggle("gg-narrow", root.clientWidth < NARROW_PX);
  const gap = columns > 6 ? 3 : 5;
  const side = cellSide(root, columns, rows, gap);
  root.style.setProperty("--gg-cell", `${side}px`);
  root.style.setProperty("--gg-gap", `${gap}px`);
  root.style.setProperty("--gg-columns", columns);
  root.style.setProperty("--gg-rows", rows);
  root.classList.toggle("gg-tiny", side < 90);
}

function drawCells(holder, board, view, campaign) {
  const held = new Map(Array.from(holder.children, (cell) => [cell.dataset.id, cell]));
  const items = board ? board.grid.items : [];
  items.forEach((item, index) => {
    let cell = held.get(item.id);
    if (!cell) cell = makeCell(item);
    held.delete(item.id);
    if (holder.children[index] !== cell) holder.insertBefore(cell, holder.children[index] || null);
    drawCell(cell, item, index, board, view, campaign);
  });
  for (const cell of held.values()) cell.remove();
  holder.setAttribute("aria-label", `${campaign.question} ${items.length} galaxies`);
}

function drawCell(cell, item, index, board, view, campaign) {
  const picture = cell.firstChild;
  const address = item.pictures[view.stretch] || Object.values(item.pictures)[0];
  if (picture.getAttribute("src") !== address) {
    picture.setAttribute("src", address);
    // A picture that was loaded ahead is there at once, a frame before it says so.
    if (picture.complete && picture.naturalWidth) cell.classList.remove("gg-broken", "gg-loading");
  }
  picture.classList.toggle("gg-inverted", view.inverted);
  picture.classList.toggle("gg-pixels", view.pixels);
  const mark = board.marks.get(item.id);
  const marked = mark !== undefined;
  cell.classList.toggle("gg-marked", marked);
  cell.classList.toggle("gg-skipped", mark === SKIP);
  cell.classList.toggle("gg-focus", index === board.focus);
  cell.classList.toggle("gg-selected", board.selection.has(item.id));
  cell.classList.toggle("gg-is-flagged", board.flagged.has(item.id));
  cell.style.setProperty("--gg-mark", marked ? markColour(mark) : "transparent");
  setText(cell.querySelector(".gg-badge"), marked ? markShape(mark) : "");
  const why = cell.querySelector(".gg-why");
  setText(why, whyText(item));
  why.title = item.explanation;
  cell.tabIndex = index === Math.max(0, board.focus) ? 0 : -1;
  cell.setAttribute("aria-selected", String(marked));
  const said = marked ? `marked ${markName(campaign, mark)}` : "not marked";
  cell.setAttribute("aria-label", `galaxy ${index + 1}, ${item.id}, ${whyText(item)}, ${said}`);
}

function drawLegend(holder, board, view, campaign, choose) {
  const marks = [...campaign.answers.keys(), SKIP];
  if (holder.children.length !== marks.length) {
    holder.replaceChildren(...marks.map((mark) => makeChip(mark, campaign, choose)));
  }
  marks.forEach((mark, index) => {
    const chip = holder.children[index];
    chip.setAttribute("aria-checked", String(view.brush === mark));
    chip.classList.toggle("gg-brush", view.brush === mark);
    setText(chip.querySelector(".gg-chip-name"), markName(campaign, mark));
    setText(chip.querySelector(".gg-chip-count"), String(board ? board.countOf(mark) : 0));
  });
}

function makeChip(mark, campaign, choose) {
  const chip = element("button", "gg-chip");
  chip.type = "button";
  chip.setAttribute("role", "radio");
  chip.style.setProperty("--gg-mark", markColour(mark));
  const shape = element("span", "gg-chip-shape", markShape(mark));
  const name = element("span", "gg-chip-name", markName(campaign, mark));
  name.dir = "auto";
  const key = element("kbd", "", mark === SKIP ? "␣" : keyOf(campaign.mode, campaign.answers, mark));
  key.hidden = !key.textContent;
  chip.append(key, shape, name, element("span", "gg-chip-count", "0"));
  chip.title = mark === SKIP ? "a click marks unsure" : `a click marks ${campaign.answers[mark]}`;
  chip.addEventListener("click", () => choose(mark));
  return chip;
}
