// What is asked beside the history: how many, when, among which items.

import { byId, el, on, options, say } from "./dom.js";
import { at, change, lastTime, state } from "./state.js";
import { date, day, hour, isoDate, minute, month, span, week, year } from "./words.js";

const steps = [0, minute, 10 * minute, hour, 6 * hour, day, 3 * day, week, 2 * week, month, 3 * month, 6 * month, year, 2 * year, 5 * year, 10 * year];
const longList = 30;
let model = { attributes: {}, topKMethods: [], readsTimes: true };

export function prepare() {
  byId("now").max = steps.length - 1;
  on("now", "input", ({ target }) => change({ after: steps[target.value], on: null }));
  on("now-date", "change", ({ target }) => {
    const on = Date.parse(`${target.value}T12:00:00Z`) / 1000;
    change(Number.isFinite(on) ? { on } : { on: null, after: 0 });
  });
  options(byId("k"), [5, 10, 20, 50, 100].map(k => [k, `${k} items`]), state.k);
  on("k", "change", ({ target }) => change({ k: Number(target.value) }));
  on("seen", "change", ({ target }) => change({ seen: target.checked }));
  on("method", "change", ({ target }) => change({ method: target.value === model.topKMethods[0] ? null : target.value }));
  on("where", "change", values);
  on("where-find", "input", values);
  const cap = () => change({ most: byId("most").value === "" ? null : { attribute: byId("most-of").value, most: Number(byId("most").value) } });
  on("most", "change", cap);
  on("most-of", "change", cap);
}

export function fit(found, attribute) {
  model = found;
  const names = Object.keys(model.attributes), chosen = Object.keys(state.where)[0] ?? attribute;
  byId("where-field").hidden = byId("most-field").hidden = names.length === 0;
  options(byId("where"), names.map(name => [name, `${name} is one of`]), chosen);
  options(byId("most"), [["", "any number"], ...[1, 2, 3, 5].map(most => [most, String(most)])], state.most?.most ?? "");
  options(byId("most-of"), names.map(name => [name, `per value of ${name}`]), state.most?.attribute ?? attribute);
  options(byId("method"), model.topKMethods.map(method => [method, method]), state.method ?? model.topKMethods[0]);
  byId("method-field").hidden = model.topKMethods.length < 2;
  byId("rating-field").hidden = !model.readsRatings;
  byId("where-find").value = "";
  values();
  show();
}

/** Shows the state, whoever changed it. */
export function show() {
  const last = lastTime(), timed = last !== null && model.readsTimes;
  byId("now-field").hidden = byId("now-hint").hidden = !timed;
  if (timed) {
    const after = at() - last, text = after < 1 ? "the time of the last event" : `${span(after)} after the last event`;
    byId("now").value = steps.findLastIndex(step => step <= after);
    say("now-text", text);
    byId("now").setAttribute("aria-valuetext", `${text}, ${date(at())}`);
    byId("now-date").value = isoDate(at());
    byId("now-date").min = isoDate(last);
  }
  if (byId("k").value !== String(state.k)) {
    byId("k").value = state.k;
    if (byId("k").selectedIndex < 0) byId("k").append(el("option", { value: state.k, selected: true }, `${state.k} items`));
  }
  byId("seen").checked = state.seen;
  for (const chip of byId("where-values").children) chip.setAttribute("aria-pressed", (state.where[byId("where").value] ?? []).includes(chip.dataset.value));
  const said = Object.entries(state.where).filter(each => each[1].length > 0).map(([name, chosen]) => `${name}: ${chosen.join(" or ")}`);
  if (state.most) said.push(`at most ${state.most.most} per value of ${state.most.attribute}`);
  if (state.seen) said.push("also seen items");
  if (state.method) said.push(state.method);
  say("narrow-text", said.length > 0 ? said.join("; ") : "any item");
}

// The values of the chosen attribute, as buttons that stay pressed.
function values() {
  const name = byId("where").value, every = model.attributes[name] ?? [], find = byId("where-find");
  find.hidden = every.length <= longList;
  const chosen = state.where[name] ?? [], text = find.hidden ? "" : find.value.trim().toLowerCase();
  const listed = [...new Set([...chosen, ...every.filter(value => value.toLowerCase().includes(text))])].slice(0, longList);
  byId("where-values").replaceChildren(...listed.map(value => el("button", { "data-value": value, onclick: () => {
    const now = state.where[name] ?? [];
    change({ where: { ...state.where, [name]: now.includes(value) ? now.filter(other => other !== value) : [...now, value] } });
  } }, value)));
  show();
}
