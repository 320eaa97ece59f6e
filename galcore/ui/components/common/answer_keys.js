// What is pressed for an answer: one rule for both annotation pages, their legends and their lists of keys.

const ANSWER_KEYS = [
  ["1 – 9, 0", "the answer in this place"],
  ["0 – 5", "interest: the value itself"],
  ["A B C X", "lens grades: the grade itself; 1 – 4 do the same"],
];
const FIXED_SCALES = ["interest", "grades"]; // their answers are keys; in the order of the rows above

// The row of the list of keys that holds in a campaign.
function answerKeyRow(mode) {
  return ANSWER_KEYS[FIXED_SCALES.indexOf(mode) + 1];
}

// What is pressed for an answer: its own name on fixed scales, else its place; empty for the eleventh and beyond.
function keyOf(mode, answers, place) {
  if (FIXED_SCALES.includes(mode)) return answers[place];
  return place < 9 ? String(place + 1) : place === 9 ? "0" : "";
}

// Place of the answer that a key gives, -1 if it gives none.
function placeOfKey(mode, answers, key) {
  const pressed = key.length === 1 ? key.toUpperCase() : key;
  const place = answers.findIndex((_, index) => keyOf(mode, answers, index) === pressed);
  if (place >= 0 || mode !== "grades") return place;
  return /^[1-9]$/.test(key) && Number(key) <= answers.length ? Number(key) - 1 : -1;
}
