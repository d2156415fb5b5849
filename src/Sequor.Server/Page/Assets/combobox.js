// The combobox of the ARIA Authoring Practices, with a list that only suggests.

import { el } from "./dom.js";

/** find: (text, signal) → entries; show: entry → nodes; choose: (entry, text), the entry null when none was picked. */
export function combobox(input, list, find, show, choose) {
  let entries = [], active = -1, request, timer;
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    activate(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function activate(index) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = index;
    const row = list.children[active];
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    if (row) input.setAttribute("aria-activedescendant", row.id);
    else input.removeAttribute("aria-activedescendant");
  }

  async function suggest() {
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    try {
      const found = await find(input.value.trim(), signal);
      if (signal.aborted || document.activeElement !== input) return;
      entries = found;
    } catch {
      return;
    }
    list.replaceChildren(...entries.map((entry, i) => el("li", { role: "option", id: `${list.id}-${i}`, "aria-selected": "false" }, ...show(entry))));
    if (entries.length === 0) list.replaceChildren(el("li", { role: "option", className: "hint", "aria-disabled": "true", "aria-selected": "false" }, "Nothing found"));
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = false;
    list.scrollTop = 0;
    input.setAttribute("aria-expanded", "true");
  }

  function take(entry) {
    const text = input.value.trim();
    close();
    input.value = "";
    choose(entry, text);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, 60);
  });
  input.addEventListener("click", () => list.hidden && suggest());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", async event => {
    if (event.isComposing) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) await suggest();
      const last = entries.length - 1;
      if (last < 0) return;
      activate(key === "ArrowDown" ? (active >= last ? 0 : active + 1) : active <= 0 ? last : active - 1);
    } else if (key === "Enter") {
      event.preventDefault();
      if (active >= 0) take(entries[active]);
      else if (input.value.trim()) take(null);
    } else if (key === "Escape") {
      if (!list.hidden) close();
      else input.value = "";
    }
  });
  // Before blur closes the list.
  list.addEventListener("pointerdown", event => event.preventDefault());
  list.addEventListener("click", event => {
    const index = [...list.children].indexOf(event.target.closest("li"));
    if (entries[index]) take(entries[index]);
  });
}
