// What lies over the page when asked for: the list of keys, and the guide of the campaign.

function drawKeyList(holder, keys, note) {
  const list = element("dl", "gg-key-list");
  for (const [key, what] of keys) {
    const name = element("dt");
    name.append(element("kbd", "", key));
    list.append(name, element("dd", "", what));
  }
  holder.replaceChildren(element("h2", "", "Keys"), list, element("p", "gg-quiet", note));
}

function drawGuide(holder, guide, campaign) {
  const state = JSON.stringify([guide, campaign.question]);
  if (holder.dataset.state === state) return;
  holder.dataset.state = state;
  const title = element("h2", "", campaign.question);
  title.dir = "auto";
  const text = element("p", "gg-guide-text", guide.text || "Nobody has written a guide for this campaign yet.");
  text.dir = "auto";
  holder.replaceChildren(title, text);
  for (const { name, pictures } of guide.examples) {
    const heading = element("h3", "", name);
    heading.dir = "auto";
    const row = element("div", "gg-examples");
    for (const address of pictures) {
      const picture = element("img");
      picture.src = address;
      picture.alt = `example: ${name}`;
      row.append(picture);
    }
    holder.append(heading, row);
  }
  holder.append(element("p", "gg-quiet", guide.how), element("p", "gg-quiet", "Esc closes."));
}
