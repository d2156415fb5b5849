// Elements, and lists whose rows keep their identity.

export const byId = id => document.getElementById(id);
export const on = (id, event, run) => byId(id).addEventListener(event, run);
export const say = (id, text) => byId(id).textContent = text;

/** An element; props are listeners ("onclick"), properties, or attributes where there is no such property. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child != null));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Rows of the same key stay the same elements, so that focus and what is open in them survive; they glide to their new places.
export function keep(list, entries, keyOf, create, update) {
  const old = new Map([...list.children].map(row => [row.dataset.key, row]));
  const before = calm.matches ? null : new Map([...old].map(([key, row]) => [key, row.getBoundingClientRect().top]));
  const focused = document.activeElement;
  let place = list.firstElementChild;
  for (const entry of entries) {
    const key = keyOf(entry);
    let row = old.get(key);
    if (row) old.delete(key);
    else {
      row = create(entry);
      row.dataset.key = key;
    }
    update(row, entry);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of old.values()) row.remove();
  // A row that was taken out and put in again loses the focus.
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
  if (!before) return;
  const moved = [...list.children].map(row => [row, before.get(row.dataset.key), row.getBoundingClientRect().top]);
  for (const [row, from, to] of moved) {
    if (from === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 160 });
    else if (Math.abs(from - to) > 1) row.animate([{ transform: `translateY(${from - to}px)` }, { transform: "none" }], { duration: 200, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
}

/** A group of buttons of which one is pressed. */
export function segments(group, choices, chosen, choose) {
  group.replaceChildren(...choices.map(([value, text]) => el("button", { "aria-pressed": value === chosen, onclick: () => {
    for (const button of group.children) button.setAttribute("aria-pressed", button.dataset.value === value);
    choose(value);
  } }, text)));
  choices.forEach(([value], i) => group.children[i].dataset.value = value);
}

/** A title with its year set back. */
export function titled(event) {
  const title = event.title ?? `Item ${event.id}`;
  const [, name, year] = /^(.*) \((\d{4})\)$/.exec(title) ?? [null, title];
  return year ? [name, el("span", { className: "year" }, ` (${year})`)] : [name];
}

let waiting;
/** Says something politely, once changes have settled. */
export function announce(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => byId("live").textContent = text, 600);
}

export const options = (select, entries, chosen) =>
  select.replaceChildren(...entries.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen) }, text)));
