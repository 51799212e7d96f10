// The message's text, shown so that nothing in it can run, load or post: an
// iframe without scripts, with a policy of its own. Measured in Chromium and
// Firefox against hostile mail; links open in a new tab without opener.

import { el } from "./dom.js";
import { encode } from "./base64.js";
import { t } from "./words.js";
import { linked, withHints } from "./links.js";

const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
// allow-same-origin lets this page measure the height; without allow-scripts it
// gives the mail nothing.
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const STYLE = "body{margin:0;font:16px/1.5 Arial,sans-serif;color:#0b0c0c;overflow-wrap:anywhere}img{max-width:100%}img:not([src^='data:']){display:none}pre{white-space:pre-wrap;font:inherit;margin:0 0 1em}iframe,object,embed{display:none!important}";
const PICTURE = /^image\/(png|jpeg|gif|webp)$/;
const MAX_PICTURES = 1 << 25; // bytes of pictures put into the text, counted each time it names one
const MAX_HEIGHT = 50_000; // pixels; longer mail scrolls in its frame

// bodyOf gives the nodes that show a mail.
export function bodyOf(mail) {
  if (mail.blocks.length === 0) return [el("p", { class: "hint" }, t("noBody"))];
  if (mail.blocks.every((b) => b.text !== undefined)) {
    return [el("div", { class: "plain" }, ...linked(mail.blocks.map((b) => b.text).join("\n")))];
  }
  const html = mail.blocks.map((b) => b.html ?? `<pre>${escape(b.text)}</pre>`).join("\n");
  const read = withHints(withPictures(html, mail.attachments));
  return [read.remote && el("p", { class: "hint" }, t("file.pictures")), frame(read.html)];
}

function frame(html) {
  const f = el("iframe", {
    sandbox: SANDBOX, title: t("messageBody"), referrerpolicy: "no-referrer",
    srcdoc: `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
      `<meta name="referrer" content="no-referrer"><base target="_blank"><style>${STYLE}</style>${html}`,
  });
  const fit = () => {
    // Null where the page itself has no origin (a webmail's sandboxed preview).
    const root = f.contentDocument?.documentElement;
    if (!root) f.style.height = "70vh";
    else {
      // Not the root's scrollHeight: that never shrinks again when a telephone is
      // turned. Mail that is as high as its frame must not make it grow for ever.
      const h = Math.min(Math.max(root.offsetHeight, root.lastChild.scrollHeight, 36) + 4, MAX_HEIGHT);
      if (Math.abs(h - f.clientHeight) > 4) f.style.height = h + "px";
    }
  };
  f.addEventListener("load", () => {
    fit();
    if (f.contentDocument) new ResizeObserver(fit).observe(f.contentDocument.body);
  });
  return f;
}

// withPictures puts the message's own pictures in place of cid: links, as data:
// since a sandboxed frame cannot read blob: links.
function withPictures(html, attachments) {
  const byId = new Map(attachments.filter((a) => a.cid && PICTURE.test(a.type)).map((a) => [a.cid, a]));
  const links = new Map();
  let room = MAX_PICTURES;
  return html.replace(/(["'(=]\s*)cid:([^"'\s)>]+)/gi, (all, before, raw) => {
    const id = unescapeId(raw);
    const a = byId.get(id);
    if (!a || a.bytes.length > room) return all;
    room -= a.bytes.length;
    a.inline = true;
    if (!links.has(id)) links.set(id, `data:${a.type};base64,${encode(a.bytes)}`);
    return before + links.get(id);
  });
}

function unescapeId(raw) {
  try {
    return decodeURIComponent(raw.replace(/&amp;/g, "&"));
  } catch {
    return raw;
  }
}

function escape(s) {
  return s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
