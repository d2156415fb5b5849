// The history: forming it, and beside each event the share of the attention that it carried.

import * as api from "./api.js";
import { announce, byId, el, keep, on, options, say, segments, titled } from "./dom.js";
import { combobox } from "./combobox.js";
import { at, canUndo, changeHistory, event, lastTime, state, timeOfNext, undo } from "./state.js";
import { counted, date, day, hour, minute, moment, month, percent, signed, span, week, year } from "./words.js";

const shortList = matchMedia("(max-width: 30rem)").matches ? 4 : 8;
const gaps = [...[minute, hour, day, week, month, year].map(gap => [gap, `${span(gap)} after the last`]), ["clock", "now, by the clock"]];
let sort = "newest", all = false, shares = new Map(), people = [];

export function prepare(tell) {
  options(byId("gap"), gaps, hour);
  combobox(byId("item"), byId("item-list"), async (text, signal) => (await api.findItems(text, 12, signal)).items, item => [
    ...titled({ id: item.itemId, title: item.title }), el("span", { className: "hint" }, mainValues(item).join(", ") || counted(item.popularity, "event")),
  ], async (item, text) => {
    try {
      item ??= (await api.findItems(text, 1)).items[0];
      if (item) add(item);
      else announce(`No item matches ${text}.`);
    } catch (trouble) {
      tell(trouble);
    }
  });
  const take = id => takeUser(id).catch(tell);
  combobox(byId("user"), byId("user-list"), async text => (await somePeople()).filter(id => id.startsWith(text)).slice(0, 12), id => [id], (id, text) => take(id ?? text));
  on("random", "click", () => somePeople().then(ids => takeUser(ids[Math.floor(Math.random() * ids.length)])).catch(tell));
  on("undo", "click", undo);
  on("clear", "click", () => {
    changeHistory([]);
    byId("item").focus();
  });
  on("more", "click", () => {
    all = !all;
    show();
  });
  segments(byId("history-sort"), [["newest", "Newest first"], ["attention", "Most attention first"]], sort, chosen => (sort = chosen, show()));
}

/** Appends an item, as if the person had just chosen it. */
export function add(item) {
  const needsRating = !byId("rating-field").hidden;
  changeHistory([...state.events, event(item.itemId, item.title, timeOfNext(byId("gap").value), needsRating ? Number(byId("rating").value) : null)]);
  announce(`${item.title ?? item.itemId} added.`);
}

export async function takeUser(id) {
  const { events } = await api.historyOf(id);
  all = false;
  changeHistory(events.map(kept => event(kept.itemId, kept.title, kept.timestamp ?? null, kept.rating ?? null)), id);
}

/** Small histories of popular items, so that a first visit finds something. */
export function examples(popular, attribute) {
  const sets = [["Most popular", popular.slice(0, 5)]];
  const byValue = new Map();
  for (const item of popular)
    for (const value of item.attributes?.[attribute] ?? []) byValue.set(value, [...(byValue.get(value) ?? []), item]);
  // Values that few popular items have say most; an item stands in one example.
  const used = new Set();
  for (const [value, items] of [...byValue].sort((a, b) => a[1].length - b[1].length)) {
    const free = items.filter(item => !used.has(item.itemId)).slice(0, 5);
    if (free.length < 5 || sets.length === 5) continue;
    free.forEach(item => used.add(item.itemId));
    sets.push([value, free]);
  }
  const group = byId("examples"), start = Math.floor(Date.now() / 1000);
  const take = items => changeHistory(items.map((item, i) => event(item.itemId, item.title, start - (items.length - i) * hour, byId("rating-field").hidden ? null : 5)));
  group.replaceChildren(el("span", { className: "hint" }, "Examples:"), ...sets.map(([name, items]) => el("button", { onclick: () => take(items) }, name)));
  group.hidden = popular.length === 0;
  return () => take((sets[1] ?? sets[0])[1]);
}

/** Takes the shares of an answer: they belong to the newest events that the model knows. */
export function explain(answer) {
  const unknown = new Set(answer.unknownItems ?? []), known = state.events.filter(each => !unknown.has(each.id));
  const why = answer.why ?? [], first = known.length - why.length;
  shares = new Map(why.map((entry, i) => [known[first + i]?.key, { ...entry, age: why.length - 1 - i }]));
  shares.delete(undefined);
  for (const each of state.events) {
    const title = shares.get(each.key)?.title;
    if (title) each.title ??= title;
    each.unknown = unknown.has(each.id);
  }
  show();
}

export function show() {
  const { events } = state, length = events.length;
  const most = Math.max(1e-9, ...[...shares.values()].map(entry => entry.share));
  let listed = [...events].reverse();
  if (sort === "attention") listed.sort((a, b) => (shares.get(b.key)?.share ?? 0) - (shares.get(a.key)?.share ?? 0));
  if (!all) listed = listed.slice(0, shortList);
  keep(byId("events"), listed, each => each.key, create, (row, each) => fill(row, each, most));
  say("history-count", length === 0 ? "" : counted(length, "event") + (state.user === null ? "" : ` of user ${state.user}`));
  byId("empty").hidden = length > 0;
  byId("history-sort").hidden = length < 2;
  byId("more").hidden = length <= shortList;
  say("more", all ? `Show ${shortList}` : `Show all ${counted(length, "event")}`);
  byId("undo").disabled = !canUndo();
  byId("clear").disabled = length === 0;
  byId("gap-field").hidden = length > 0 && lastTime() === null;
}

function create({ key }) {
  const act = (name, text, run) => el("button", { className: "icon " + name, onclick: run }, text);
  return el("li", { className: "event" },
    el("span", { className: "title" }), el("span", { className: "when hint" }),
    el("button", { className: "figure share", "aria-expanded": "false", onclick: open }),
    el("span", { className: "acts" }, act("up", "↑", () => move(key, 1)), act("down", "↓", () => move(key, -1)), act("remove", "×", () => remove(key))),
    el("span", { className: "bar" }), el("div", { className: "parts", hidden: true }));
}

function fill(row, each, most) {
  const [title, when, share, acts, bar, parts] = row.children, entry = shares.get(each.key), name = each.title ?? `item ${each.id}`;
  title.replaceChildren(...titled(each));
  when.textContent = each.unknown ? "unknown to this model, left out" : each.time == null ? "" : date(each.time) + before(each);
  when.title = each.time == null ? "" : `${moment(each.time)} UTC`;
  share.textContent = entry ? percent(entry.share) : "";
  share.hidden = !entry;
  share.setAttribute("aria-label", entry ? `${percent(entry.share)} of the attention went to ${name}: why?` : "");
  bar.style.setProperty("--part", entry ? entry.share / most : 0);
  const place = state.events.indexOf(each);
  const [up, down, away] = acts.children;
  up.disabled = place === state.events.length - 1;
  down.disabled = place === 0;
  up.hidden = down.hidden = sort !== "newest";
  up.setAttribute("aria-label", `Move ${name} up, later`);
  down.setAttribute("aria-label", `Move ${name} down, earlier`);
  away.setAttribute("aria-label", `Remove ${name}`);
  if (parts.hidden) return;
  if (entry) parts.replaceChildren(...inWords(entry));
  else parts.replaceChildren();
}

function before(each) {
  const now = at();
  return now === null ? "" : now - each.time < 1 ? " · now" : ` · ${span(now - each.time)} ago`;
}

function open({ currentTarget }) {
  const parts = currentTarget.parentElement.querySelector(".parts");
  parts.hidden = !parts.hidden;
  currentTarget.setAttribute("aria-expanded", !parts.hidden);
  show();
}

// Each part is a term of the score that decides how strongly the newest state reads an event, averaged over layers and heads.
function inWords(entry) {
  const everyone = [...shares.values()], times = everyone.length * entry.share;
  const widest = Math.max(1e-9, ...everyone.flatMap(({ content, position, time }) => [Math.abs(content), Math.abs(position), Math.abs(time)]));
  const line = (name, value, meaning) => {
    const bar = el("span", { className: value < 0 ? "pull less" : "pull" });
    bar.style.setProperty("--part", Math.abs(value) / widest);
    return el("div", {}, el("dt", {}, name), el("dd", { className: "value" }, el("span", { className: "figure" }, signed(value)), bar), el("dd", { className: "hint" }, meaning));
  };
  const rank = part => everyone.filter(other => other[part] > entry[part]).length;
  const standing = part => everyone.every(other => other[part] === entry[part]) ? "the same for all events here"
    : `more than ${everyone.length - 1 - rank(part)} of ${everyone.length - 1} others`;
  const age = entry.timestamp == null ? null : at() - entry.timestamp;
  return [
    el("p", {}, everyone.length === 1 ? "The only event." : `${times.toFixed(times < 10 ? 1 : 0)} times an equal share of ${counted(everyone.length, "event")}.`),
    el("dl", {},
      line("Content", entry.content, `how well the item itself fits; ${standing("content")}`),
      line("Position", entry.position, `${entry.age === 0 ? "the newest event" : `${counted(entry.age, "event")} before the newest`}; ${standing("position")}`),
      line("Time", entry.time, age === null ? "no times" : `${age < 1 ? "now" : `${span(age)} ago`}; ${standing("time")}`)),
  ];
}

// Items change places; the times stay, so that they still ascend.
function move(key, by) {
  const events = [...state.events], place = events.findIndex(each => each.key === key), other = place + by;
  if (!events[other]) return;
  const mine = events[place], theirs = events[other];
  events[place] = { ...theirs, time: mine.time };
  events[other] = { ...mine, time: theirs.time };
  changeHistory(events);
  // At the end of the list a button is off, and the focus would be lost with it.
  const acts = [...byId("events").children].find(row => row.dataset.key === key)?.querySelectorAll(".icon:enabled") ?? [];
  ([...acts].find(act => act.classList.contains(by > 0 ? "up" : "down")) ?? acts[0])?.focus();
  announce(`${mine.title ?? mine.id} is now event ${other + 1} of ${events.length}.`);
}

function remove(key) {
  const rows = [...byId("events").children], place = rows.findIndex(row => row.dataset.key === key), gone = state.events.find(each => each.key === key);
  changeHistory(state.events.filter(each => each.key !== key));
  (byId("events").children[Math.min(place, byId("events").children.length - 1)]?.querySelector(".remove") ?? byId("item")).focus();
  announce(`${gone.title ?? gone.id} removed.`);
}

async function somePeople() {
  if (people.length === 0) people = (await api.users()).userIds;
  if (people.length === 0) throw new api.Trouble("refused", "The service keeps no users yet.");
  return people;
}

let attribute;
/** Which attribute describes an item in a line: the first that gives items several values, or the first. */
export function describeBy(items) {
  const names = Object.keys(items[0]?.attributes ?? {});
  attribute = names.find(name => items.some(item => item.attributes[name].length > 1)) ?? names[0];
  return attribute;
}

export const mainValues = item => item.attributes?.[attribute] ?? [];
