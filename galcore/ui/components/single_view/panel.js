// Beside the picture: the path so far, the question, and its answers as buttons.

// Each step takes back what follows when it is chosen.
function drawPath(holder, page, path) {
  const state = JSON.stringify([page.current && page.current.item.id, path]);
  if (holder.dataset.state === state) return;
  holder.dataset.state = state;
  holder.hidden = !path.length;
  const texts = new Map(page.data.questions.map(({ name, text }) => [name, text]));
  const steps = path.map((said, place) => {
    const step = element("button", "gs-step");
    step.type = "button";
    const answer = element("span", "gs-step-answer", readable(page.campaign.mode, said.answer));
    answer.dir = "auto";
    step.append(element("small", "", readable(page.campaign.mode, said.question)), answer);
    step.title = `${texts.get(said.question) || said.question} Click to answer it again; what follows is taken back.`;
    step.setAttribute("aria-label", `${said.question}: ${said.answer}; go back to this question`);
    step.addEventListener("click", () => page.backTo(place));
    return step;
  });
  holder.replaceChildren(...steps);
}

function drawAsked(holder, page, asked) {
  const { mode } = page.campaign;
  const text = mode === "tree" ? (asked ? asked.text : "") : mode === "multilabel" ? "Tick all that it shows" : "";
  holder.hidden = !text;
  setText(holder, text);
}

function drawAnswers(holder, page, names) {
  const { mode, state: campaignState } = page.campaign;
  const several = mode === "multilabel";
  const state = JSON.stringify([mode, names]);
  if (holder.dataset.state !== state) {
    holder.dataset.state = state;
    holder.replaceChildren(...names.map((name, place) => makeAnswer(page, names, place)));
  }
  holder.setAttribute("aria-label", several ? "answers, several at once" : "answers");
  const ticked = page.current ? page.current.ticked : [];
  names.forEach((name, place) => {
    const button = holder.children[place];
    button.disabled = !page.current || campaignState in NOT_OPEN;
    button.classList.toggle("gs-highlighted", place === page.highlighted);
    button.classList.toggle("gs-ticked", several && ticked.includes(name));
    if (several) button.setAttribute("aria-pressed", String(ticked.includes(name)));
  });
}

function makeAnswer(page, names, place) {
  const { mode } = page.campaign;
  const button = element("button", "gs-answer");
  button.type = "button";
  button.dataset.answer = names[place];
  button.title = names[place];
  const key = element("kbd", "", keyOf(mode, names, place));
  key.hidden = !key.textContent;
  const name = element("span", "gs-answer-name", readable(mode, names[place]));
  name.dir = "auto";
  button.append(key, name, element("span", "gs-tick", "✓"));
  button.addEventListener("click", () => {
    page.root.focus({ preventScroll: true });
    page.answer(place);
  });
  return button;
}
