// What the page shows, drawn from its state. The page itself (main.js) extends this.

const SIDE_PX = 320 + 26; // width of the questions, with the gap before them
const NARROW_SINGLE_PX = 720;

class DrawnSingle extends AnnotationPage {
  draw() {
    if (!this.data) return;
    const { current, campaign } = this;
    setText(this.find(".gg-question"), campaign.question);
    this.find(".gg-question").title = campaign.question;
    this.drawCounts();
    this.drawEmpty();
    this.drawNotice();
    this.drawTools();
    const { path, next } = current ? walk(this.data.questions, campaign.mode, current.given) : { path: [], next: null };
    drawPath(this.find(".gs-path"), this, campaign.mode === "tree" ? path : []);
    drawAsked(this.find(".gs-asked"), this, next);
    drawAnswers(this.find(".gs-answers"), this, this.answersShown());
    this.drawActions();
    this.layOut();
    if (current) this.drawGalaxy(current);
    this.drawSaved();
  }

  drawGalaxy({ item, flagged }) {
    this.picture.show(item, this.view);
    setText(this.find(".gs-id"), item.id);
    this.find(".gs-id").title = item.id;
    const why = this.find(".gs-why");
    setText(why, item.score === null ? item.why : `${item.why} ${item.score.toFixed(2).replace(/^0/, "")}`);
    why.title = item.explanation;
    this.find(".gs-flagged").hidden = !flagged;
  }

  drawCounts() {
    const { counts } = this.data;
    const holder = this.find(".gg-counts");
    const state = JSON.stringify(counts);
    if (holder.dataset.state === state) return;
    holder.dataset.state = state;
    const progress = this.find(".gs-progress");
    progress.title = `${counts.answered} of ${counts.galaxies} galaxies have an answer`;
    progress.setAttribute("aria-valuenow", String(counts.answered));
    progress.setAttribute("aria-valuemax", String(counts.galaxies));
    progress.firstElementChild.style.width = `${(100 * counts.answered) / Math.max(1, counts.galaxies)}%`;
    holder.title = counts.here.join(", ");
    const people = element("span", "gg-people", "●".repeat(Math.min(8, counts.here.length)));
    holder.replaceChildren(
      "you ", element("b", "", String(counts.mine)), counts.mine === 1 ? " answer" : " answers",
      " · ", element("b", "", String(counts.answered)), ` of ${counts.galaxies} galaxies`,
      " · ", element("b", "", String(counts.here.length)), " here ", people,
    );
  }

  drawNotice() {
    const holder = this.find(".gg-notice");
    const closed = this.campaign && this.current ? NOT_OPEN[this.campaign.state] : null;
    const text = this.notice || (closed ? `${closed.title}. ${closed.text}` : "");
    holder.hidden = !text;
    setText(holder, text);
  }

  drawEmpty() {
    const holder = this.find(".gg-empty");
    holder.hidden = Boolean(this.current);
    this.find(".gs-body").hidden = !this.current;
    if (this.current) return;
    const closed = NOT_OPEN[this.campaign.state];
    const done = this.data.done && !this.outbox.items.length;
    const title = closed ? closed.title : done ? "Nothing is left for you" : "The next galaxy is on its way";
    const text = closed
      ? closed.text
      : done
        ? "Every galaxy of this campaign is answered, or lies in front of somebody else: then it comes back when they leave. Thank you! ⌫ goes back to your last galaxy; Review shows the results."
        : "Your answers are kept in this browser and are sent as soon as the server answers.";
    holder.replaceChildren(element("strong", "", title), element("span", "", text));
  }

  drawTools() {
    const stretch = this.find(".gs-stretch");
    if (!stretch.children.length) {
      const options = this.data.stretches.map(({ name, word }) => Object.assign(element("option", "", word), { value: name }));
      stretch.replaceChildren(...options);
    }
    stretch.value = this.view.stretch;
    const channel = this.find(".gs-channel");
    setText(channel.firstElementChild, CHANNELS[this.view.channel].word);
    channel.querySelector("kbd").hidden = this.campaign.mode === "grades"; // there b is a grade
    channel.classList.toggle("gg-on", this.view.channel > 0);
    this.find(".gs-invert").classList.toggle("gg-on", this.view.inverted);
    this.find(".gs-smooth").classList.toggle("gg-on", this.view.pixels);
    this.find(".gs-zoom").classList.toggle("gg-on", this.picture.magnified);
    this.find(".gs-similar").hidden = !this.data.has_similar;
  }

  drawActions() {
    const several = this.campaign.mode === "multilabel";
    const closed = this.campaign.state in NOT_OPEN;
    this.find(".gs-submit").hidden = !several;
    this.find(".gs-submit").disabled = closed;
    this.find(".gs-rest").hidden = !several;
    this.find(".gs-skip").disabled = closed;
    this.find(".gs-back").disabled = closed;
  }

  // The picture is as large as the window lets it be; on a narrow screen the questions stand below it.
  layOut() {
    const { root } = this;
    const narrow = root.clientWidth < NARROW_SINGLE_PX;
    root.classList.toggle("gg-narrow", narrow);
    const scroller = root.getRootNode().host?.closest('[data-testid="stMain"]');
    const top = this.find(".gs-stage").getBoundingClientRect().top + (scroller ? scroller.scrollTop : 0);
    const tools = narrow ? 0 : this.find(".gs-tools").offsetHeight;
    const height = window.innerHeight - top - this.find(".gs-name").offsetHeight - tools - 30;
    const width = root.clientWidth - (narrow ? 0 : SIDE_PX);
    const side = Math.max(220, Math.floor(Math.min(width, narrow ? height * 0.65 : height)));
    root.style.setProperty("--gs-side", `${side}px`);
  }
}
