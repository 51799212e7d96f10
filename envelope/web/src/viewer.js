// The opened message. Who wrote, to whom, when and about what comes from the
// sender's record on the server, never from the message itself.

import { el, show } from "./dom.js";
import { t } from "./words.js";
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
    this.replyPlace ||= el("div", { class: "reply" });
    this.urls.forEach((u) => URL.revokeObjectURL(u)); // of the view before, if it is drawn anew
    this.urls = [];
    show(this.place, [
      marking,
      el("h1", { class: "subject" }, record.subject || t("noSubject")),
      this.facts(),
      this.actions(),
      this.attachments(),
      el("section", { class: "body", "aria-label": t("messageBody") }, ...body.filter(Boolean)),
      marking && marking.cloneNode(true),
      this.replyPlace,
    ]);
    this.replyForm?.redraw();
  }

  facts() {
    const { record } = this;
    const rows = [
      [t("from"), record.from], [t("to"), list(record.to)], [t("cc"), list(record.cc)],
      [t("sent"), when(record.sealed_at, this.api.page.zone)], [t("until"), when(record.expires_at, this.api.page.zone)],
    ];
    return el("dl", null, ...rows.filter(([, v]) => v).map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, v))));
  }

  actions() {
    const button = (text, click, main) => el("button", { type: "button", class: main ? null : "second", click }, text);
    const { record } = this;
    return el("p", { class: "row actions" },
      record.reply && button(t("reply"), () => this.reply(), true),
      record.reply?.people?.length > 0 && button(t("replyAll"), () => this.reply(true)),
      this.download(this.original, fileName(record.subject, t("message")) + ".eml", t("saveAll"), "button second"),
      button(t("print"), () => window.print()),
      button(t("signOut"), () => this.signOut()));
  }

  attachments() {
    const all = this.mail.attachments.filter((a) => !a.inline);
    if (!all.length) return null;
    const items = all.map((a, i) => {
      const name = fileName(a.name, `${t("attachment")}-${i + 1}${ending(a.type)}`);
      return el("li", null, this.download(a.bytes, name, name), " ", el("span", { class: "hint" }, size(a.bytes.length)));
    });
    return el("section", { class: "attachments", "aria-label": t("attachments", { n: all.length }) },
      el("h2", null, t("attachments", { n: all.length })), el("ul", null, ...items));
  }

  // download is a link that saves bytes under a name. The type is always that of
  // unknown data, so that no browser opens it as a page in our place.
  download(bytes, name, text, style) {
    const href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    this.urls.push(href);
    return el("a", { href, download: name, class: style }, text);
  }

  reply(all) {
    if (this.replyPlace.firstChild) return this.replyPlace.querySelector("textarea")?.focus();
    this.replyForm = new ReplyForm(this.replyPlace, this.api, this.record, this.mail, all);
    this.replyForm.show();
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
