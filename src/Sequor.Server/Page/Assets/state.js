// What the page asks: a history and how to rank. It lives in the address, so that a link shows the same.

import { hour } from "./words.js";

const initial = { events: [], user: null, k: 10, after: 0, on: null, where: {}, most: null, seen: false, method: null };

export const state = { ...initial };

const latest = 1e11; // beyond the year 5000 nobody asks
const past = [];
const listeners = [];
let keys = 0;

export const onChange = listener => listeners.push(listener);
export const canUndo = () => past.length > 0;
export const lastTime = () => state.events.at(-1)?.time ?? null;

/** An event; its key tells two of one item apart. */
export const event = (id, title, time, rating) => ({ key: String(++keys), id, title, time, rating });

/** Changes the question. */
export function change(changes) {
  Object.assign(state, changes);
  write();
  for (const listener of listeners) listener(changes);
}

/** Changes the history; undo brings the old one back. */
export function changeHistory(events, user = null) {
  past.push({ events: state.events, user: state.user });
  if (past.length > 100) past.shift();
  change({ events, user });
}

export function undo() {
  if (past.length > 0) change(past.pop());
}

/** Time of the question: null where the history has no times. */
export function at() {
  const last = lastTime();
  if (last === null) return null;
  return state.on === null ? last + state.after : Math.max(state.on, last);
}

/** When an added event happened. */
export function timeOfNext(gap) {
  const last = lastTime(), clock = Math.floor(Date.now() / 1000);
  if (state.events.length > 0 && last === null) return null;
  if (last === null) return gap === "clock" ? clock : clock - hour;
  return gap === "clock" ? Math.max(last, clock) : last + Number(gap);
}

/** The body of POST /v1/recommend. */
export function question() {
  const where = Object.entries(state.where).filter(([, values]) => values.length > 0).map(([attribute, anyOf]) => ({ attribute, anyOf }));
  const times = state.events.every(event => event.time != null), ratings = state.events.every(event => event.rating != null);
  return {
    ...(state.user !== null ? { userId: state.user } : {
      history: state.events.map(({ id, time, rating }) => ({ itemId: id, ...(times && { timestamp: time }), ...(ratings && { rating }) })),
    }),
    k: state.k,
    ...(times && at() !== null && { at: at() }),
    ...(state.seen && { includeSeen: true }),
    ...(where.length > 0 && { where }),
    ...(state.most && { diversity: state.most }),
    ...(state.method && { topKMethod: state.method }),
    explain: true,
  };
}

// #u=12 or h=1193@978300760,661@+109 (times as differences), then what differs from the first question.
function write() {
  const parts = [], add = (name, value) => parts.push(`${name}=${value}`), text = encodeURIComponent;
  if (state.user !== null) add("u", text(state.user));
  else if (state.events.length > 0) {
    let before = null;
    add("h", state.events.map(({ id, time, rating }) => {
      const when = time == null ? "" : `@${before === null || time < before ? time : `+${time - before}`}`;
      before = time ?? before;
      return text(id) + when + (rating == null ? "" : `;${rating}`);
    }).join(","));
  }
  if (state.k !== initial.k) add("k", state.k);
  if (state.on !== null) add("on", state.on);
  else if (state.after > 0) add("after", state.after);
  for (const [attribute, values] of Object.entries(state.where)) if (values.length > 0) add("where", `${text(attribute)}:${values.map(text).join("|")}`);
  if (state.most) add("most", `${text(state.most.attribute)}:${state.most.most}`);
  if (state.seen) add("seen", 1);
  if (state.method) add("method", text(state.method));
  history.replaceState(null, "", parts.length > 0 ? `#${parts.join("&")}` : location.pathname);
}

/** Reads the address; false if it says nothing. What it cannot read stays as it is at first. */
export function read() {
  const hash = location.hash.slice(1);
  const found = { ...initial, where: {} };
  let any = false;
  for (const [name, value] of hash.split("&").map(part => part.split("="))) {
    if (!value) continue;
    try {
      const number = Number(value), text = decodeURIComponent(value);
      if (name === "u") found.user = text;
      else if (name === "h") found.events = readEvents(value);
      else if (name === "k" && number >= 1) found.k = Math.floor(number);
      else if (name === "after" && number >= 0 && number < latest) found.after = number;
      else if (name === "on" && Math.abs(number) < latest) found.on = number;
      else if (name === "seen") found.seen = true;
      else if (name === "method") found.method = text;
      else if (name === "where" || name === "most") {
        const [left, right] = value.split(":"), attribute = decodeURIComponent(left);
        if (name === "where") found.where[attribute] = right.split("|").map(decodeURIComponent);
        else if (Number(right) >= 1) found.most = { attribute, most: Number(right) };
      } else continue;
      any = true;
    } catch { /* a damaged part of a link */ }
  }
  if (any) {
    past.length = 0;
    Object.assign(state, found);
  }
  return any;
}

function readEvents(value) {
  let before = 0;
  return value.split(",").map(part => {
    const [, id, time, rating] = /^([^@;]+)(?:@([+-]?\d+))?(?:;([\d.]+))?$/.exec(part);
    if (time) before = /^[+]/.test(time) ? before + Number(time) : Number(time);
    return event(decodeURIComponent(id), undefined, time ? before : null, rating ? Number(rating) : null);
  });
}
