// Puts the page together: load, listen, ask.

import * as api from "./api.js";
import * as answer from "./answer.js";
import * as charts from "./charts.js";
import * as history from "./history.js";
import * as modelCard from "./model.js";
import * as question from "./question.js";
import { byId, on, say } from "./dom.js";
import { change, onChange, read, state } from "./state.js";

const popularCount = 60;
let loaded = false, again;

// What is the matter, as a sentence above the page; null when nothing is.
function tell(trouble) {
  clearTimeout(again);
  byId("trouble").hidden = trouble === null || trouble.kind === "key";
  byId("key").hidden = trouble?.kind !== "key";
  if (trouble === null) return;
  if (!(trouble instanceof api.Trouble)) {
    console.error(trouble);
    trouble = new api.Trouble("refused", "The page could not show the answer; reloading it may help.");
    byId("trouble").hidden = false;
  }
  if (trouble.kind === "key") {
    say("key-label", trouble.message);
    byId("key-value").focus();
    return;
  }
  const waits = trouble.kind === "away";
  say("trouble-text", trouble.message + (waits ? ` Trying again in ${trouble.retryAfter} s.` : ""));
  byId("retry").hidden = !waits;
  if (waits) again = setTimeout(retry, trouble.retryAfter * 1000);
}

const retry = () => loaded ? answer.ask(0) : load();

async function load() {
  clearTimeout(again);
  const linked = read();
  try {
    // A linked history needs nothing else to be asked about.
    if (linked && state.user === null) answer.ask(0);
    const [model, { items }] = await Promise.all([api.model(), api.findItems("", popularCount)]);
    const attribute = history.describeBy(items);
    modelCard.show(model);
    question.fit(model, attribute);
    const example = history.examples(items, attribute);
    loaded = true;
    tell(null);
    await open(example);
  } catch (trouble) {
    tell(trouble);
  }
}

async function open(example) {
  if (state.events.length > 0) change({});
  else if (state.user !== null) await history.takeUser(state.user);
  else example?.();
}

history.prepare(tell);
answer.prepare(tell);
question.prepare();
charts.prepare();
onChange(() => {
  history.show();
  question.show();
  answer.ask();
});
on("retry", "click", retry);
addEventListener("online", retry);
addEventListener("hashchange", () => {
  if (read()) load();
});
on("key", "submit", event => {
  event.preventDefault();
  api.useKey(byId("key-value").value);
  byId("key-value").value = "";
  retry();
});
load();
