// Two small charts, drawn as SVG, each with its words beside it.

import { byId, segments, svg } from "./dom.js";
import { counted, day, hour, median, milliseconds, minute, month, percent, signed, span, year } from "./words.js";

const width = 280, height = 96, foot = 14;
const parts = [["share", "Share"], ["content", "Content"], ["position", "Position"], ["time", "Time"]];
const meanings = {
  share: "", content: "How well each item fits, whenever it came. ", position: "What the distance in events adds. ", time: "What the age of an event adds. ",
};
let part = "share", axis = "order", trace = [], now;

export function prepare() {
  segments(byId("why-part"), parts, part, chosen => (part = chosen, drawAttention()));
  segments(byId("why-axis"), [["order", "By order"], ["age", "By age"]], axis, chosen => (axis = chosen, drawAttention()));
  drawAttention();
  drawLatency();
}

/** What the newest state looked at, oldest event first. */
export function attention(why, at) {
  [trace, now] = [why, at];
  drawAttention();
}

function drawAttention() {
  const timed = now != null && trace.every(entry => entry.timestamp != null);
  byId("why-axis").hidden = !timed;
  const byAge = axis === "age" && timed, n = trace.length;
  // Ages on a logarithmic axis: an hour matters today, not in a year.
  const ages = trace.map(entry => Math.max(1, now - entry.timestamp)), near = Math.min(...ages), far = Math.max(...ages);
  const where = age => 4 + (width - 8) * (far > near ? Math.log(far / age) / Math.log(far / near) : 0.5);
  const x = i => byAge ? where(ages[i]) : width * (i + 0.5) / n;
  const values = trace.map(entry => entry[part]), high = Math.max(0, ...values), low = Math.min(0, ...values), range = high - low || 1;
  const y = value => 2 + (height - foot - 4) * (high - value) / range;
  const thick = byAge ? 2 : Math.min(12, Math.max(0.8, width / n * 0.72));
  const bars = trace.map((entry, i) => {
    const end = y(values[i]), tip = svg("title", {}, `${entry.title ?? entry.itemId}: ${part === "share" ? percent(entry.share) : signed(values[i])}`);
    return svg("rect", { x: x(i) - thick / 2, y: Math.min(y(0), end), width: thick, height: Math.max(0.5, Math.abs(end - y(0))), class: "mark" }, tip);
  });
  const label = !byAge ? [text(0, "start", n > 1 ? "oldest" : ""), text(width, "end", "newest")]
    : [text(width, "end", near < minute ? "now" : `${span(near)} ago`), ...[hour, day, month, year].filter(age => where(age) > 24 && where(age) < width - 80)
      .map(age => text(where(age), "middle", span(age)))];
  const words = n === 0 ? "Each bar is an event of the history." : meanings[part] + summary();
  draw("why", words, line(y(0), "zero"), ...bars, ...(n > 0 ? label : []));
}

const line = (y, name) => svg("line", { x1: 0, x2: width, y1: y, y2: y, class: name });

const text = (x, anchor, words, y = height - 2) => svg("text", { x, y, "text-anchor": anchor }, words);

function draw(name, words, ...marks) {
  byId(`${name}-chart`).replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words }, ...marks));
  byId(`${name}-text`).textContent = words;
}

function summary() {
  const n = trace.length, newest = Math.min(10, n - 1);
  const top = trace.reduce((best, entry, i) => entry.share > trace[best].share ? i : best, 0), back = n - 1 - top;
  const first = `Strongest: ${trace[top].title ?? trace[top].itemId} with ${percent(trace[top].share)}, ${back === 0 ? "the newest event" : `${counted(back, "event")} before the newest`}.`;
  if (n < 12) return first;
  return `${first} The newest ${newest} of ${n} events carry ${percent(trace.slice(-newest).reduce((sum, entry) => sum + entry.share, 0))}.`;
}

const kept = 60, answers = [];

/** One more answer: the time that the browser saw, and the server's parts of it. */
export function latency(total, timing) {
  const { queuedMilliseconds: queued, encodeMilliseconds: encode, searchMilliseconds: search, cachedEvents: cached } = timing;
  answers.push({ total, encode, search, queued, cached, rest: Math.max(0, total - encode - search - queued) });
  if (answers.length > kept) answers.shift();
  drawLatency();
}

function drawLatency() {
  // The first answer of a cold service would make all others a line; a bar that is too tall is cut.
  const totals = answers.map(answer => answer.total), high = answers.length > 0 ? Math.min(Math.max(...totals), 4 * median(totals)) : 1, step = width / kept, tall = height - foot - 12;
  const marks = answers.flatMap((answer, i) => {
    let top = height - 4;
    return ["encode", "search", "queued", "rest"].map(name => {
      const length = Math.min(tall * answer[name] / high, Math.max(0, top - height + 4 + tall));
      top -= length;
      return svg("rect", { x: (kept - answers.length + i) * step, y: top, width: step * 0.74, height: length, class: `k-${name}` });
    });
  });
  let words = "No answers yet.";
  if (answers.length > 0) {
    const middle = name => milliseconds(median(answers.map(answer => answer[name]))), newest = answers.at(-1);
    const p50 = median(answers.map(answer => answer.total)), y = height - 4 - tall * p50 / high;
    marks.push(line(y, "middle"), text(0, "start", `${milliseconds(high)} ms`, 9));
    words = `Median of ${counted(answers.length, "answer")}: ${middle("total")} ms in the browser; of these encode ${middle("encode")}, search ${middle("search")}, queue ${middle("queued")} ms.`
      + (newest.cached > 0 ? ` The last answer found ${counted(newest.cached, "event")} already computed.` : "");
  }
  draw("latency", words, line(height - 3.5, "zero"), ...marks);
}
