// The attachments of a mail: saved as downloads, one by one or all as a zip; a
// picture or a plain text can be looked at in place, an attached mail opened.

import { el } from "./dom.js";
import { encode } from "./base64.js";
import { t } from "./words.js";
import { fileName, size } from "./names.js";
import { text } from "./mime.js";
import { splitName, warnings, place } from "./danger.js";
import { zip, distinct } from "./zip.js";

const ENDINGS = { "message/rfc822": ".eml", "text/calendar": ".ics", "text/html": ".html", "text/plain": ".txt" };

// filesOf gives the section; download makes a link that saves, open shows a mail.
export function filesOf(mail, download, open, subject) {
  const all = mail.attachments.filter((a) => !a.inline);
  if (!all.length) return null;
  const names = all.map((a, i) => fileName(a.name, `${t("attachment")}-${i + 1}${ENDINGS[a.type] || ".bin"}`));
  const items = all.map((a, i) => item(a, names[i], download, open));
  const title = t("attachments", { n: all.length });
  const free = distinct(names);
  return el("section", { class: "attachments", "aria-label": title },
    el("h2", null, title), el("ul", null, ...items),
    all.length > 1 && el("p", null, download(zip(all.map((a, i) => ({ name: free[i], bytes: a.bytes }))), fileName(subject, t("attachment")) + ".zip", t("file.all-files"))));
}

function item(a, name, download, open) {
  const [stem, ending] = splitName(name);
  const warned = warnings(name, a.bytes);
  const link = download([a.bytes], name, stem);
  link.append(warned.length ? el("b", { class: "ending" }, ending) : ending);
  const how = place(a.type, a.bytes);
  const mail = /^message\/(rfc822|global)$/.test(a.type) || ending.toLowerCase() === ".eml";
  const more = el("div");
  const button = (how || mail) && el("button", { type: "button", class: "link", "aria-label": `${t("file.open")} ${name}`,
    "aria-expanded": mail ? null : "false", click: () => (mail ? open(a.bytes) : toggle()) }, t("file.open"));
  const toggle = () => {
    const shown = !more.firstChild;
    more.replaceChildren(...(shown ? [shownIn(how, a, name)] : []));
    button.setAttribute("aria-expanded", shown);
  };
  return el("li", null, link, " ", el("span", { class: "hint" }, size(a.bytes.length)), " ", button,
    ...warned.map((w) => el("p", { class: "danger" }, t(w, { ending }))), more);
}

function shownIn(how, a, name) {
  if (how === "text") return el("pre", { class: "plain", tabindex: "0", "aria-label": name }, text(a.bytes, a.charset));
  return el("img", { src: `data:${a.type};base64,${encode(a.bytes)}`, alt: name });
}
