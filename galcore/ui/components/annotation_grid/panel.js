// The panel beside the grid: learning curve with its interval, what was found, shares, the last submissions.

function figure(value) {
  return value.toFixed(2).replace(/^0/, "");
}

function drawModel(card, model) {
  const state = JSON.stringify(model);
  if (card.dataset.state === state) return;
  card.dataset.state = state;
  const last = model.curve[model.curve.length - 1];
  const score = card.querySelector(".gg-score");
  score.replaceChildren();
  if (last) {
    score.append(
      element("span", "gg-quiet", "AUC on the random slice "),
      element("strong", "", figure(last.auc)),
      element("span", "gg-interval", ` [${figure(last.low)} – ${figure(last.high)}]`),
    );
  }
  setText(card.querySelector(".gg-found"), model.found);
  card.querySelector(".gg-found").title = model.found_help;
  const holder = card.querySelector(".gg-curve");
  holder.replaceChildren(model.curve.length ? drawCurve(model.curve) : element("p", "gg-quiet", model.waiting));
}

function drawCurve(points) {
  const width = 260, height = 104, left = 26, bottom = 86, top = 6, right = 254;
  const most = Math.max(...points.map((point) => point.labels), 1);
  const least = Math.min(points[0].labels, most - 1);
  const lowest = Math.min(0.5, Math.floor(Math.min(...points.map((point) => point.low)) * 10) / 10);
  const x = (labels) => left + ((labels - least) / (most - least)) * (right - left);
  const y = (auc) => bottom - ((auc - lowest) / (1 - lowest)) * (bottom - top);
  const svg = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const last = points[points.length - 1];
  svg.setAttribute("aria-label", `learning curve: AUC ${figure(last.auc)}, interval ${figure(last.low)} to ${figure(last.high)}`);
  for (const auc of [lowest, (1 + lowest) / 2, 1]) {
    svg.append(svgElement("line", { class: "gg-gridline", x1: left, x2: right, y1: y(auc), y2: y(auc) }));
    const label = svgElement("text", { x: left - 4, y: y(auc) + 3, "text-anchor": "end" });
    label.textContent = figure(auc);
    svg.append(label);
  }
  const upper = points.map((point) => `${x(point.labels)},${y(point.high)}`);
  const lower = points.map((point) => `${x(point.labels)},${y(point.low)}`).reverse();
  if (points.length > 1) {
    svg.append(svgElement("polygon", { class: "gg-band", points: [...upper, ...lower].join(" ") }));
    const line = points.map((point) => `${x(point.labels)},${y(point.auc)}`).join(" ");
    svg.append(svgElement("polyline", { class: "gg-line", points: line }));
  }
  const at = x(last.labels);
  svg.append(svgElement("line", { class: "gg-whisker", x1: at, x2: at, y1: y(last.high), y2: y(last.low) }));
  svg.append(svgElement("circle", { class: "gg-dot", cx: at, cy: y(last.auc), r: 3 }));
  const start = svgElement("text", { x: left, y: 100 });
  start.textContent = String(points[0].labels);
  const end = svgElement("text", { x: right, y: 100, "text-anchor": "end" });
  end.textContent = `${most} labels`;
  svg.append(start, end);
  return svg;
}

const STREAMS = [
  ["top", "likely", "galaxies the model finds most likely: you find more"],
  ["margin", "unsure", "galaxies the model is unsure of: it learns more"],
  ["random", "random", "galaxies drawn blindly: the only fair measure of the model and of how many there are"],
];

function drawShares(holder, shares, change) {
  if (!holder.children.length) {
    for (const [name, word, help] of STREAMS) {
      const row = element("label", `gg-share gg-stream-${name}`);
      row.title = help;
      const slider = element("input");
      slider.type = "range";
      slider.min = "0";
      slider.max = "100";
      slider.step = "5";
      slider.dataset.stream = name;
      slider.addEventListener("input", () => showShares(holder));
      slider.addEventListener("change", () => change(readShares(holder)));
      row.append(element("span", "gg-share-name", word), slider, element("span", "gg-share-value"));
      holder.append(row);
    }
  }
  const state = JSON.stringify(shares);
  if (holder.dataset.state !== state) {
    holder.dataset.state = state;
    for (const slider of holder.querySelectorAll("input")) slider.value = Math.round(shares[slider.dataset.stream] * 100);
  }
  showShares(holder);
}

function readShares(holder) {
  const raw = {};
  for (const slider of holder.querySelectorAll("input")) raw[slider.dataset.stream] = Number(slider.value);
  const sum = raw.top + raw.margin + raw.random || 1;
  return { top: raw.top / sum, margin: raw.margin / sum, random: raw.random / sum };
}

function showShares(holder) {
  const shares = readShares(holder);
  for (const row of holder.children) {
    const name = row.querySelector("input").dataset.stream;
    setText(row.querySelector(".gg-share-value"), `${Math.round(shares[name] * 100)} %`);
  }
}

function drawStrip(holder, last, campaign, view, reopen) {
  const state = JSON.stringify([last.map((each) => [each.grid.grid_id, each.marks]), view.reopened]);
  if (holder.dataset.state === state) return;
  holder.dataset.state = state;
  if (!last.length) {
    holder.replaceChildren(element("p", "gg-quiet", "Your submissions appear here."));
    return;
  }
  holder.replaceChildren(...last.map((each) => makeMosaic(each, campaign, view, reopen)));
}

function makeMosaic(submission, campaign, view, reopen) {
  const { grid, marks } = submission;
  const mosaic = element("button", "gg-mosaic");
  mosaic.type = "button";
  mosaic.classList.toggle("gg-reopened", view.reopened === grid.grid_id);
  const wanted = grid.items.filter((item) => marks[item.id] === 0);
  const rest = grid.items.filter((item) => marks[item.id] !== 0);
  for (const item of [...wanted, ...rest].slice(0, 4)) {
    const picture = element("img");
    picture.fetchPriority = "low";
    picture.src = item.pictures.survey || Object.values(item.pictures)[0];
    picture.alt = "";
    mosaic.append(picture);
  }
  const found = `${wanted.length} of ${grid.items.length} ${campaign.answers[0]}`;
  mosaic.append(element("span", "gg-mosaic-count", String(wanted.length)));
  mosaic.title = `round ${grid.round}: ${found}; click to correct`;
  mosaic.setAttribute("aria-label", mosaic.title);
  mosaic.addEventListener("click", () => reopen(submission));
  return mosaic;
}
