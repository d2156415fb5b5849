// The recommendations: asked anew after every change, the old ones staying until the new ones are there.

import * as api from "./api.js";
import { announce, byId, el, keep, say, titled } from "./dom.js";
import { add, explain, mainValues } from "./history.js";
import { attention, latency } from "./charts.js";
import { question, state } from "./state.js";
import { counted } from "./words.js";

let request, timer, report;
const similarShown = 6;

export const prepare = tell => report = tell;

/** Asks again, soon: changes that come together are one question. */
export function ask(wait = 40) {
  clearTimeout(timer);
  request?.abort();
  timer = setTimeout(run, wait);
}

async function run() {
  if (state.events.length === 0) {
    show({ items: [] });
    attention([]);
    return;
  }
  request = new AbortController();
  const { signal } = request, list = byId("items");
  // An answer that is quick enough changes nothing but the rows.
  const dim = setTimeout(() => list.setAttribute("aria-busy", "true"), 150);
  try {
    const begun = performance.now();
    const answer = await api.recommend(question(), signal);
    const total = performance.now() - begun;
    if (signal.aborted) return;
    explain(answer);
    show(answer);
    attention(answer.why ?? [], answer.at);
    latency(total, answer.timing);
    report(null);
  } catch (trouble) {
    if (trouble.name === "AbortError") return;
    list.setAttribute("aria-busy", "true");
    report(trouble);
  } finally {
    clearTimeout(dim);
  }
}

function show(answer) {
  const { items } = answer, list = byId("items");
  const low = Math.min(0, items.at(-1)?.score ?? 0), high = items[0]?.score ?? 1;
  const seen = new Set(state.events.map(each => each.id));
  keep(list, items, item => item.itemId, create, (row, item) => {
    const [rank, title, about, score, , bar] = row.children;
    rank.textContent = item.rank;
    title.replaceChildren(...titled({ id: item.itemId, title: item.title }));
    about.replaceChildren(mainValues(item).join(" · "), ...(seen.has(item.itemId) ? [el("span", { className: "tag" }, "in the history")] : []));
    score.textContent = item.score.toFixed(3);
    bar.style.setProperty("--part", (item.score - low) / (high - low || 1));
  });
  list.setAttribute("aria-busy", "false");
  byId("nothing").hidden = items.length > 0;
  say("nothing", state.events.length === 0 ? "What comes next? A history of one event is enough to ask." : "No item is left: every one is filtered out or seen.");
  byId("answer-note").textContent = items.length === 0 ? ""
    : `from ${answer.windowCount < answer.historyCount ? `the newest ${answer.windowCount} of ` : ""}${counted(answer.historyCount, "event")}`;
  if (items.length > 0) announce(`${counted(items.length, "recommendation")}; first: ${items[0].title ?? items[0].itemId}.`);
}

function create(item) {
  const name = item.title ?? `item ${item.itemId}`;
  return el("li", { className: "item" },
    el("span", { className: "rank" }), el("span", { className: "title" }), el("span", { className: "hint about" }),
    el("span", { className: "figure score" }),
    el("span", { className: "acts" },
      el("button", { className: "add", "aria-label": `Add ${name} to the history`, onclick: () => add(item) }, "Add"),
      el("button", { className: "similar", "aria-label": `Items similar to ${name}`, "aria-expanded": "false", onclick: event => similar(event.currentTarget, item) }, "Similar")),
    el("span", { className: "bar" }));
}

async function similar(button, item) {
  const row = button.closest("li"), shown = row.querySelector(".alike");
  button.setAttribute("aria-expanded", !shown);
  if (shown) {
    shown.remove();
    return;
  }
  const place = el("div", { className: "alike" }, el("p", { className: "hint" }, "Most alike, by cosine:"));
  row.append(place);
  try {
    const { items } = await api.similar(item.itemId, similarShown);
    place.append(el("ul", {}, ...items.slice(0, similarShown).map(other => el("li", {},
      el("span", { className: "title" }, ...titled({ id: other.itemId, title: other.title })), el("span", { className: "figure" }, other.score.toFixed(3)),
      el("button", { className: "add", "aria-label": `Add ${other.title ?? other.itemId} to the history`, onclick: () => add(other) }, "Add")))));
  } catch (trouble) {
    place.replaceChildren(el("p", { className: "hint" }, trouble.message));
  }
}
