// The way through the questions of one galaxy. No drawing and no sending happens here.

const MOST_DONE = 20; // galaxies one can go back to

// Answers by question; the last one given counts.
function byQuestion(given) {
  return new Map(given.map((each) => [each.question, each]));
}

// The answers on the path from the first question on, and the question to ask next (null: the galaxy is done).
function walk(questions, mode, given) {
  const answers = byQuestion(given);
  if (mode === "multilabel") {
    const path = questions.filter(({ name }) => answers.has(name)).map(({ name }) => answers.get(name));
    return { path, next: questions.find(({ name }) => !answers.has(name)) || null };
  }
  const named = new Map(questions.map((question) => [question.name, question]));
  const path = [];
  let next = questions[0];
  while (next && answers.has(next.name)) {
    const said = answers.get(next.name);
    path.push(said);
    const leadsTo = next.leads_to[next.answers.indexOf(said.answer)];
    next = leadsTo ? named.get(leadsTo) : null;
  }
  return { path, next: next || null };
}

// The words of an answer as people read them: names of trees are written with hyphens.
function readable(mode, answer) {
  return mode === "tree" ? answer.replaceAll("-", " ") : answer;
}

// One galaxy in hand: what was said about it, and what is ticked but not said yet (several at once).
function takeInHand(item, given = [], ticked = []) {
  return { item, given, ticked, touched: given.length > 0 || ticked.length > 0 };
}
