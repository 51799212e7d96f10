// The reply form below an opened message.

import { el, field, show, Notices } from "./dom.js";
import { words } from "./words.js";
import { size } from "./names.js";
import { Refused } from "./api.js";

export class ReplyForm {
  constructor(place, api, record) {
    Object.assign(this, { place, api, record });
    this.limit = record.reply.limit || 0;
  }

  show() {
    this.notices = new Notices(words.errorTitle);
    this.text = el("textarea", { id: "reply-text", rows: "10" });
    this.files = el("input", { id: "reply-files", type: "file", multiple: true, change: () => this.count() });
    this.used = el("p", { class: "hint", role: "status" });
    const title = el("h2", null, words.replyTitle);
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.send();
    } },
      el("p", null, words.replyTo(this.record.reply.to.join(", "))),
      field(words.replyText, this.text),
      field(words.replyFiles, this.files),
      this.used,
      el("p", { class: "row" },
        el("button", null, words.send),
        el("button", { type: "button", class: "second", click: () => this.place.replaceChildren() }, words.cancel)));
    show(this.place, [title, this.notices.problem, form, this.notices.status], this.text);
    this.count();
  }

  // count tells how much of the limit is used, before the server has to refuse.
  count() {
    const used = [...this.files.files].reduce((n, f) => n + f.size, 0);
    if (!this.limit) return true;
    this.used.textContent = words.replyLimit(size(used), size(this.limit));
    if (used <= this.limit) {
      this.notices.clear();
      return true;
    }
    this.notices.fail(words.replyTooBig(size(this.limit)));
    return false;
  }

  async send() {
    if (this.sending) return;
    if (!this.text.value.trim() && !this.files.files.length) return this.notices.fail(words.replyEmpty);
    if (!this.count()) return;
    this.sending = true;
    this.notices.busy(words.sending);
    try {
      await this.api.reply(this.record.session, this.text.value, this.files.files);
      show(this.place, [el("h2", { class: "done" }, words.replySent)]);
    } catch (e) {
      this.notices.fail(e instanceof Refused ? e.text : words.unreachable);
    } finally {
      this.sending = false;
    }
  }
}
