// The opened message. Who wrote, to whom, when and about what comes from the
// sender's record on the server, never from the message itself.

import { el, show } from "./dom.js";
import { t } from "./words.js";
import { bodyOf } from "./body.js";
import { fileName, when } from "./names.js";
import { ReplyForm } from "./reply.js";
import { parse, words2047 } from "./mime.js";
import { filesOf } from "./files.js";
import { inviteOf } from "./invite.js";

const MAX_INSIDE = 20; // messages within messages
const IDLE = 3_600_000; // milliseconds; store.SessionIdle

export class Viewer {
  // record is the server's answer, original the bytes, mail their reading.
  constructor(place, api, record, original, mail, signedOut) {
    Object.assign(this, { place, api, record, original, mail, signedOut });
    this.urls = [];
    this.inside = [];
  }

  // show draws the message, or the one inside it that was opened last.
  show() {
    const { record } = this;
    const inner = this.inside.at(-1);
    const mail = inner ? inner.mail : this.mail;
    this.urls.forEach((u) => URL.revokeObjectURL(u)); // of the view before, if it is drawn anew
    this.urls = [];
    const save = (...all) => this.download(...all);
    const ask = (call, fields) => this.api.calendar(call, record.session, fields);
    const body = bodyOf(mail); // before the attachments: it finds out which are pictures in the text
    const invite = inviteOf(mail, save, ask, inner);
    const marking = record.marking && el("p", { class: "marking" }, record.marking);
    this.replyPlace ||= el("div", { class: "reply" });
    const subject = (inner ? field(mail, "subject") : record.subject) || t("noSubject");
    show(this.place, [
      marking,
      inner && el("p", { class: "row" }, el("button", { type: "button", class: "second", click: () => this.leave() }, t("file.back"))),
      el("h1", { class: "subject" }, subject),
      inner && el("p", { class: "note" }, t("file.inside")),
      this.facts(inner),
      this.actions(inner, subject),
      invite,
      filesOf(mail, save, (bytes) => this.enter(bytes), subject),
      (mail.blocks.length > 0 || !invite) && el("section", { class: "body", "aria-label": t("messageBody") }, ...body.filter(Boolean)),
      marking && marking.cloneNode(true),
      !inner && this.replyPlace,
    ]);
    this.replyForm?.redraw();
    this.watch();
  }

  // enter opens a message inside the message, leave goes back.
  enter(original) {
    if (this.inside.length < MAX_INSIDE) this.inside.push({ original, mail: parse(original) });
    this.show();
  }

  leave() {
    this.inside.pop();
    this.show();
  }

  // facts are the record's; a message inside says of itself who wrote it.
  facts(inner) {
    const { record } = this;
    const { zone } = this.api.page;
    const said = (name) => inner && field(inner.mail, name);
    const rows = inner
      ? [[t("from"), said("from")], [t("to"), said("to")], [t("cc"), said("cc")], [t("sent"), when(said("date"), zone) || said("date")]]
      : [[t("from"), record.from], [t("to"), list(record.to)], [t("cc"), list(record.cc)],
        [t("sent"), when(record.sealed_at, zone)], [t("until"), when(record.expires_at, zone)]];
    return el("dl", null, ...rows.filter(([, v]) => v).map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, v))));
  }

  actions(inner, subject) {
    const button = (text, click, main) => el("button", { type: "button", class: main ? null : "second", click }, text);
    const reply = !inner && this.record.reply;
    return el("p", { class: "row actions" },
      reply && button(t("reply"), () => this.reply(), true),
      reply?.people?.length > 0 && button(t("replyAll"), () => this.reply(true)),
      this.download([inner ? inner.original : this.original], fileName(subject, t("message")) + ".eml", t("saveAll"), "button second"),
      button(t("print"), () => window.print()),
      button(t("signOut"), () => this.signOut()));
  }

  // download is a link that saves pieces of bytes under a name. The type is always that of
  // unknown data, so that no browser opens it as a page in our place.
  download(pieces, name, text, style) {
    const href = URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
    this.urls.push(href);
    return el("a", { href, download: name, class: style }, text);
  }

  reply(all) {
    if (this.replyPlace.firstChild) return this.replyPlace.querySelector("textarea")?.focus();
    this.replyForm = new ReplyForm(this.replyPlace, this.api, this.record, this.mail, all);
    this.replyForm.show();
  }

  // watch puts the message away when nobody has done anything for as long as the
  // server keeps a session, and when the page is left: going back must not show it.
  watch() {
    if (this.watching) return;
    this.watching = new AbortController();
    const { signal } = this.watching;
    let last = Date.now();
    const idle = () => Date.now() - last > IDLE && this.signOut(t("idle"));
    const timer = setInterval(idle, 30_000);
    signal.addEventListener("abort", () => clearInterval(timer));
    for (const event of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(event, () => { last = Date.now(); }, { signal, passive: true });
    document.addEventListener("visibilitychange", idle, { signal });
    addEventListener("pagehide", () => this.signOut(), { signal });
  }

  // signOut wipes the message off the page and out of our hands, whatever the
  // server says. why is a sentence, where the reader did not ask for it.
  signOut(why) {
    if (!this.record) return;
    this.watching?.abort();
    this.urls.forEach((u) => URL.revokeObjectURL(u));
    const { session } = this.record;
    this.api.signOut(session).catch(() => {});
    this.original = this.mail = this.record = this.replyForm = this.replyPlace = null;
    this.urls = this.inside = [];
    this.place.replaceChildren();
    this.signedOut(why);
  }
}

function list(addresses) {
  return (addresses || []).join(", ");
}

// field gives a header field of a message, without characters that are not seen.
function field(mail, name) {
  return words2047(mail.headers[name] || "").replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069]/g, "").slice(0, 1000);
}
