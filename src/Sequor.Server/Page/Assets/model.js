// The model card.

import { byId, el, say } from "./dom.js";
import { count, moment } from "./words.js";

const shown = ["hr@10", "ndcg@10", "hr@50", "mrr"];

export function show(model) {
  const metric = name => Object.entries(model.metrics).find(([key]) => key.toLowerCase() === name)?.[1];
  const scores = shown.filter(name => metric(name) !== undefined).map(name => [name.toUpperCase(), metric(name).toFixed(3)]);
  const rows = [
    ["Data", model.dataName], ["Items", count(model.itemCount)], ["Encoder", `${model.encoder}, ${model.similarity}`],
    ["Looks at", `the newest ${count(model.maxSequenceLength)} events${model.readsTimes ? ", their times" : ""}${model.readsRatings ? ", their ratings" : ""}`],
    ...scores, ["Measured on", `${model.protocol}, epoch ${model.epoch}`],
    ["Version", model.version], ["Loaded", `${moment(Date.parse(model.loadedAt) / 1000)} UTC`],
  ];
  byId("model").replaceChildren(...rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
  say("lead", `What comes next? ${model.encoder} reads a history, oldest event first, and ranks ${count(model.itemCount)} items of ${model.dataName}.`);
}
