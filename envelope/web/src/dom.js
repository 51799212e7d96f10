// The few things the page does with the document.

// el makes an element. Functions become listeners, true and false attributes
// without value, everything else attributes; children are nodes or text, never
// markup.
export function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") e.addEventListener(name, value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c != null && c !== false));
  return e;
}

// show replaces what is in place by nodes and tells where the reader is: the
// focus goes to the given element, by default the first heading.
export function show(place, nodes, focus) {
  place.replaceChildren(...nodes.filter(Boolean));
  const target = focus || place.querySelector("h1,h2");
  if (!target) return;
  if (/^H\d$/.test(target.tagName)) target.tabIndex = -1;
  target.focus();
}

// field is an input with its label and hint.
export function field(label, input, hint) {
  if (hint) input.setAttribute("aria-describedby", input.id + "-hint");
  return el("div", { class: "field" },
    el("label", { for: input.id }, label),
    hint && el("p", { class: "hint", id: input.id + "-hint" }, hint),
    input);
}

// Notices are the two live regions of a view: what goes on, and what went wrong.
export class Notices {
  constructor(title) {
    this.title = title;
    this.status = el("p", { role: "status", class: "status" });
    this.problem = el("div", { class: "problem", role: "alert", tabindex: "-1", hidden: true });
  }

  busy(text) {
    this.status.textContent = text ? text + "…" : "";
    if (text) this.clear();
  }

  clear() {
    this.problem.hidden = true;
  }

  say(text) {
    this.status.textContent = text;
  }

  fail(text, ...more) {
    this.status.textContent = "";
    this.problem.replaceChildren(el("h2", null, this.title), el("p", null, text), ...more);
    this.problem.hidden = false;
    this.problem.focus();
  }
}
