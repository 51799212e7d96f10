// Where links lead: said behind each of them, as the website does (portal/links.go).

import { el } from "./dom.js";
import { t } from "./words.js";

// An important style attribute comes before every sheet of the mail.
const HINT = "all:unset!important;font:.8em Arial,sans-serif!important;color:#505a5f!important;background:#fff!important";
const ALARM = ";color:#b3200c!important;font-weight:700!important";
const MAX_ADDRESS = 300; // characters

// withHints gives the mail's HTML with the places behind its links, read and
// written anew without what could lead the frame elsewhere. What is parsed so runs
// and loads nothing.
export function withHints(html) {
  const doc = new DOMParser().parseFromString(html.replace(/<(\/?)frameset/gi, "<$1x-frameset"), "text/html"); // else it would take the body's place
  // By the prototypes: a document and its forms hand out elements named "body" or
  // "attributes" in place of their own.
  const all = (selector) => [...Document.prototype.querySelectorAll.call(doc, selector)];
  const { getAttributeNames, removeAttribute } = Element.prototype;
  for (const e of all("script,base,meta,link,title,frame,frameset,iframe,object,embed,applet")) e.remove();
  let remote = false;
  for (const e of all("*")) {
    for (const name of getAttributeNames.call(e)) {
      if (/^on|^(target|rel|ping)$/i.test(name)) removeAttribute.call(e, name);
    }
  }
  for (const e of all("area,:is(svg,math) *,svg,math")) {
    if (/^(image|use)$/.test(e.localName)) continue;
    for (const name of getAttributeNames.call(e)) if (/^(.*:)?href$/i.test(name)) removeAttribute.call(e, name);
  }
  for (const e of all("img")) if (REMOTE.test(e.getAttribute("src")) || REMOTE.test(e.getAttribute("srcset"))) remote = true;
  all("a[href]").forEach(hint);
  return { html: all("head style").map((s) => s.outerHTML).join("") + all("body")[0].outerHTML, remote };
}

const REMOTE = /^\s*(https?:|[/\\]{2})/i;

function hint(a) {
  const raw = a.getAttribute("href").trim();
  a.removeAttribute("title");
  if (raw.startsWith("#")) return a.setAttribute("target", "_self");
  const to = whither(raw);
  if (!to) return a.removeAttribute("href");
  a.setAttribute("href", to.address);
  a.title = to.address.slice(0, MAX_ADDRESS);
  const said = a.textContent.replace(/\s+/g, " ").trim().toLowerCase();
  if (!to.shown || to.shown === said || (to.mail && said.includes(to.shown))) return;
  let sentence = "file.link";
  const m = !to.mail && /^(?:https?:\/\/|www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,24})(?:[/:?#].*)?$/.exec(said);
  if (m) {
    const host = m[1].replace(/^www\./, "");
    if (host === to.shown.replace(/^www\./, "")) return;
    if (!to.shown.endsWith("." + host)) sentence = "file.link-other";
  }
  const span = a.ownerDocument.createElement("span");
  span.setAttribute("style", HINT + (sentence === "file.link" ? "" : ALARM));
  span.textContent = " " + t(sentence, { host: to.shown });
  a.append(span);
}

// whither gives a link's address and what to show of it; nothing for what is not
// to be followed.
function whither(raw) {
  let u;
  try {
    u = new URL(/^[/\\]{2}/.test(raw) ? "https:" + raw : raw);
  } catch {
    return null;
  }
  if (u.protocol === "mailto:") {
    try {
      return { address: u.href, shown: decodeURIComponent(u.pathname).toLowerCase(), mail: true };
    } catch {
      return null;
    }
  }
  if (u.protocol === "tel:") return { address: u.href };
  if (!/^https?:$/.test(u.protocol)) return null;
  u.username = u.password = ""; // only looks like a host
  return { address: u.href, shown: u.hostname };
}

// linked gives the nodes of a plain text, its web addresses as links.
export function linked(text) {
  const out = [];
  let at = 0;
  for (const m of text.matchAll(/https?:\/\/[^\s<>"'`{}|\\^]*[^\s<>"'`{}|\\^.,;:!?)\]]/g)) {
    const to = whither(m[0]);
    if (!to) continue;
    out.push(text.slice(at, m.index), el("a", { href: to.address, target: "_blank", rel: "noopener noreferrer" }, m[0]));
    at = m.index + m[0].length;
  }
  return [...out, text.slice(at)];
}
