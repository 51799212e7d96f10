// The opened message. Who wrote, to whom, when and about what comes from the
// sender's record on the server, never from the message itself.

import { el, show } from "./dom.js";
import { words } from "./words.js";
import { bodyOf } from "./body.js";
import { fileName, size, when } from "./names.js";
import { ReplyForm } from "./reply.js";

export class Viewer {
  // record is the server's answer, original the bytes, mail their reading.
  constructor(place, api, record, original, mail, signedOut) {
    Object.assign(this, { place, api, record, original, mail, signedOut });
    this.urls = [];
  }

  show() {
    const { record, mail } = this;
    const body = bodyOf(mail); // before the attachments: it finds out which are pictures in the text
    const marking = record.marking && el("p", { class: "marking" }, record.marking);
    this.replyPlace = el("div", { class: "reply" });
    show(this.place, [
      marking,
      el("h1", { class: "subject" }, record.subject || words.noSubject),
      this.facts(),
      this.actions(),
      this.attachments(),
      el("section", { class: "body", "aria-label": words.messageBody }, ...body.filter(Boolean)),
      marking && marking.cloneNode(true),
      this.replyPlace,
    ]);
  }

  facts() {
    const { record } = this;
    const rows = [
      [words.from, record.from], [words.to, list(record.to)], [words.cc, list(record.cc)],
      [words.sent, when(record.sealed_at)], [words.until, when(record.expires_at)],
    ];
    return el("dl", null, ...rows.filter(([, v]) => v).map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, v))));
  }

  actions() {
    const button = (text, click, main) => el("button", { type: "button", class: main ? null : "second", click }, text);
    const { record } = this;
    return el("p", { class: "row actions" },
      record.reply && button(words.reply, () => this.reply(), true),
      this.download(this.original, fileName(record.subject, "message") + ".eml", words.saveAll, "button second"),
      button(words.print, () => window.print()),
      button(words.signOut, () => this.signOut()));
  }

  attachments() {
    const all = this.mail.attachments.filter((a) => !a.inline);
    if (!all.length) return null;
    const items = all.map((a, i) => {
      const name = fileName(a.name, `${words.attachment}-${i + 1}${ending(a.type)}`);
      return el("li", null, this.download(a.bytes, name, name), " ", el("span", { class: "hint" }, size(a.bytes.length)));
    });
    return el("section", { class: "attachments", "aria-label": words.attachments(all.length) },
      el("h2", null, words.attachments(all.length)), el("ul", null, ...items));
  }

  // download is a link that saves bytes under a name. The type is always that of
  // unknown data, so that no browser opens it as a page in our place.
  download(bytes, name, text, style) {
    const href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    this.urls.push(href);
    return el("a", { href, download: name, class: style }, text);
  }

  reply() {
    if (this.replyPlace.firstChild) return this.replyPlace.querySelector("textarea")?.focus();
    new ReplyForm(this.replyPlace, this.api, this.record).show();
  }

  // signOut wipes the message off the page and out of our hands, whatever the
  // server says.
  signOut() {
    this.urls.forEach((u) => URL.revokeObjectURL(u));
    const { session } = this.record;
    this.api.signOut(session).catch(() => {});
    this.original = this.mail = this.record = null;
    this.urls = [];
    this.place.replaceChildren();
    this.signedOut();
  }
}

function list(addresses) {
  return (addresses || []).join(", ");
}

function ending(type) {
  return { "message/rfc822": ".eml", "text/calendar": ".ics", "text/html": ".html", "text/plain": ".txt" }[type] || ".bin";
}
