// The reply form below an opened message.

import { el, field, show, Notices } from "./dom.js";
import { t } from "./words.js";
import { size, when } from "./names.js";
import { Refused } from "./api.js";
import { SignIn } from "./signin.js";

const MAX_QUOTE = 65536; // characters; the people written to have the message whole

export class ReplyForm {
  // all chooses everybody that may be written to; mail is what is answered.
  constructor(place, api, record, mail, all) {
    Object.assign(this, { place, api, record, mail });
    this.limit = record.reply.limit || 0;
    this.once = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
    this.text = el("textarea", { id: "reply-text", rows: "10" });
    this.files = el("input", { id: "reply-files", type: "file", multiple: true, change: () => this.count() });
    this.quote = el("input", { id: "reply-quote", type: "checkbox" });
    this.quote.checked = true;
    this.copy = record.reply.copy && el("input", { id: "reply-copy", type: "checkbox" });
    this.people = (record.reply.people || []).map((p, i) => {
      const box = el("input", { id: `reply-cc-${i}`, type: "checkbox", value: p.address });
      box.checked = all;
      return [box, p.text];
    });
  }

  show() {
    this.notices = new Notices(t("errorTitle"));
    this.used = el("p", { class: "hint", role: "status" });
    this.again = el("div");
    const title = el("h2", null, t("replyTitle"));
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.sendReply();
    } },
      el("p", null, t("replyTo", { names: this.record.reply.to.join(", ") })),
      this.people.length > 0 && el("fieldset", null, el("legend", null, t("replyCc")), ...this.people.map(([box, text]) => tick(box, text))),
      field(t("replyText"), this.text),
      this.mail.blocks.length > 0 && tick(this.quote, t("replyQuote")),
      field(t("replyFiles"), this.files),
      this.used,
      this.copy && tick(this.copy, t("replyCopy")),
      el("p", { class: "row" },
        el("button", null, t("send")),
        el("button", { type: "button", class: "second", click: () => this.place.replaceChildren() }, t("cancel"))));
    show(this.place, [title, this.notices.problem, this.again, form, this.notices.status], this.text);
    this.count();
  }

  // redraw says the form in the language spoken now; what was typed stays.
  redraw() {
    if (this.place.querySelector("form")) this.show();
  }

  // count tells how much of the limit is used, before the server has to refuse.
  count() {
    const used = [...this.files.files].reduce((n, f) => n + f.size, 0);
    if (!this.limit) return true;
    this.used.textContent = t("replyLimit", { used: size(used), limit: size(this.limit) });
    if (used <= this.limit) {
      this.notices.clear();
      return true;
    }
    this.notices.fail(t("replyTooBig", { limit: size(this.limit) }));
    return false;
  }

  async sendReply() {
    if (this.sending) return;
    if (!this.text.value.trim() && !this.files.files.length) return this.notices.fail(t("replyEmpty"));
    if (!this.count()) return;
    this.sending = true;
    this.notices.busy(t("sending"));
    try {
      await this.api.reply(this.record.session, {
        once: this.once, cc: this.people.filter(([box]) => box.checked).map(([box]) => box.value),
        copy: this.copy && this.copy.checked, text: this.written(), files: this.files.files,
      });
      show(this.place, [el("h2", { class: "done" }, t("replySent")), el("p", null, t("replyNext"))]);
    } catch (e) {
      if (e.cause === "no_session") this.signIn();
      else this.notices.fail(e instanceof Refused ? e.text : t("unreachable"));
    } finally {
      this.sending = false;
    }
  }

  // written is the text with the message below it, where that is wanted.
  written() {
    const text = this.text.value;
    if (!this.quote.checked || !this.mail.blocks.length) return text;
    let quote = this.mail.blocks.map((b) => b.text ?? plain(b.html)).join("\n").replace(/\r\n?/g, "\n").trim();
    if (quote.length > MAX_QUOTE) quote = quote.slice(0, MAX_QUOTE) + "\n[…]";
    const { from, sealed_at } = this.record;
    return `${text.trimEnd()}\n\n${t("replyWrote", { sender: from, time: when(sealed_at, this.api.page.zone) })}\n${quote.replace(/^/gm, "> ")}`;
  }

  // signIn asks anew who it is when the session ended meanwhile. The form stays
  // as it is, its files too, and is sent when that is known.
  signIn() {
    this.notices.fail(t("replySignIn"));
    const signIn = new SignIn(this.again, this.api.page, this.api, null, async ({ session }) => {
      this.record.session = session;
      this.again.replaceChildren();
      this.sendReply();
    });
    signIn.site = () => null;
    signIn.first();
  }
}

function tick(box, text) {
  return el("p", { class: "tick" }, box, el("label", { for: box.id }, text));
}

// plain gives the words of HTML, line by line. What is parsed so runs and loads
// nothing.
function plain(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const e of body.querySelectorAll("style,script,title,template")) e.remove();
  for (const e of body.querySelectorAll("br,p,div,tr,li,h1,h2,h3,h4,pre,ul,ol")) e.before("\n");
  return body.textContent.replace(/[ \t]*\n[ \t]*/g, "\n").replace(/\n{3,}/g, "\n\n");
}
