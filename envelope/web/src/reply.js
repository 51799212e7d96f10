// The reply form below an opened message.

import { el, field, show, Notices } from "./dom.js";
import { t } from "./words.js";
import { size } from "./names.js";
import { Refused } from "./api.js";

export class ReplyForm {
  constructor(place, api, record) {
    Object.assign(this, { place, api, record });
    this.limit = record.reply.limit || 0;
  }

  show() {
    this.notices = new Notices(t("errorTitle"));
    this.text ||= el("textarea", { id: "reply-text", rows: "10" });
    this.files ||= el("input", { id: "reply-files", type: "file", multiple: true, change: () => this.count() });
    this.used = el("p", { class: "hint", role: "status" });
    const title = el("h2", null, t("replyTitle"));
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.send();
    } },
      el("p", null, t("replyTo", { names: this.record.reply.to.join(", ") })),
      field(t("replyText"), this.text),
      field(t("replyFiles"), this.files),
      this.used,
      el("p", { class: "row" },
        el("button", null, t("send")),
        el("button", { type: "button", class: "second", click: () => this.place.replaceChildren() }, t("cancel"))));
    show(this.place, [title, this.notices.problem, form, this.notices.status], this.text);
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

  async send() {
    if (this.sending) return;
    if (!this.text.value.trim() && !this.files.files.length) return this.notices.fail(t("replyEmpty"));
    if (!this.count()) return;
    this.sending = true;
    this.notices.busy(t("sending"));
    try {
      await this.api.reply(this.record.session, this.text.value, this.files.files);
      show(this.place, [el("h2", { class: "done" }, t("replySent"))]);
    } catch (e) {
      this.notices.fail(e instanceof Refused ? e.text : t("unreachable"));
    } finally {
      this.sending = false;
    }
  }
}
