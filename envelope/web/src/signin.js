// Sign-in in the page: address, then password or a code sent by email.

import { el, field, show, Notices } from "./dom.js";
import { t } from "./words.js";
import { Refused, Unreachable } from "./api.js";
import { Changed, Damaged } from "./container.js";

// SignIn draws into place and calls opened(answer, address) with the server's
// answer; what opened throws is shown like any other failure.
export class SignIn {
  constructor(place, page, api, website, opened) {
    Object.assign(this, { place, page, api, website, opened });
    this.address = "";
  }

  // first shows the address and the password.
  first() {
    this.redraw = () => {
      this.address = chooser.read();
      this.first();
    };
    const notices = (this.notices = new Notices(t("errorTitle")));
    const chooser = this.chooser();
    const password = el("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
    const ask = el("button", { type: "button", class: "second", click: () => this.sendCode(chooser.read()) }, t("sendCode"));
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.open(chooser.read(), { password: password.value }, password);
    } },
      ...chooser.nodes,
      field(t("password"), password),
      el("p", null, el("button", null, t("open"))),
      this.links());
    const code = el("div", { class: "other" }, el("p", null, t("sendCodeHint")), ask);
    const title = el("h2", null, t("signIn"));
    show(this.place, [title, notices.problem, form, code, notices.status, this.site()], chooser.known ? password : title);
  }

  // chooser is the To field: one address to correct, or several to choose from.
  chooser() {
    const { to } = this.page;
    const own = el("input", { id: "address", type: "email", autocomplete: "username", spellcheck: "false", autocapitalize: "none", required: true });
    if (to.length < 2) {
      own.value = this.address || bare(to[0] || "");
      return { nodes: [field(t("address"), own)], read: () => own.value.trim(), known: own.value !== "" };
    }
    const other = el("option", { value: "" }, t("otherAddress"));
    const select = el("select", { id: "choose" }, ...to.map((a) => el("option", { value: bare(a) }, bare(a))), other);
    const typed = field(t("otherAddress"), own, t("otherHint"));
    const update = () => { typed.hidden = select.value !== ""; };
    select.addEventListener("change", update);
    if (this.address) {
      select.value = this.address;
      if (select.selectedIndex < 0) {
        select.value = "";
        own.value = this.address;
      }
    }
    update();
    return { nodes: [field(t("address"), select), typed], read: () => select.value || own.value.trim(), known: true };
  }

  links() {
    const to = (path, text) => el("p", null, el("a", { href: this.api.servers[0] + path, target: "_blank", rel: "noopener noreferrer" }, text));
    return el("div", { class: "links" }, to("/forgot", t("forgotten")), to("/register", t("firstTime")));
  }

  // site leads to the website, and names the ways to sign in that are there alone.
  site() {
    const ways = (this.page.ways || []).map((w) => (w === "passkey" ? t(w) : w));
    return el("div", { class: "other" },
      el("p", null, t("websiteHint", { host: new URL(this.api.servers[0]).host }), " ",
        ways[0] && t("websiteWays", { ways: new Intl.ListFormat(t("lang"), { type: "disjunction" }).format(ways) })), this.website());
  }

  async sendCode(address, again) {
    if (!address) return this.notices.fail(t("needAddress"));
    this.address = address;
    this.run(t("sendingCode"), async () => {
      const answer = await this.api.code(address);
      this.codeView(answer.reference, again);
    });
  }

  codeView(reference, again) {
    this.redraw = () => this.codeView(reference);
    const notices = (this.notices = new Notices(t("errorTitle")));
    const code = el("input", { id: "code", type: "text", inputmode: "numeric", autocomplete: "one-time-code", spellcheck: "false", class: "code", required: true });
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.open(this.address, { code: code.value.replace(/\D/g, "") }, code);
    } },
      field(t("code"), code, t("codeHint")),
      el("p", null, el("button", null, t("open"))));
    const more = el("p", { class: "row" },
      el("button", { type: "button", class: "second", click: () => this.sendCode(this.address, true) }, t("anotherCode")),
      el("button", { type: "button", class: "second", click: () => this.first() }, t("back")));
    const title = el("h2", null, t("codeTitle"));
    const sent = el("p", { id: "sent" }, t("codeSent", { address: this.address }), " ", reference ? t("reference", { text: reference }) : "");
    show(this.place, [title, notices.problem, sent, form, more, notices.status, this.site()], code);
    code.setAttribute("aria-describedby", "sent code-hint"); // the focus skips the text above, so it is read with the field
    if (again) notices.say(t("newCodeSent"));
  }

  open(address, proof, input) {
    if (!address) return this.notices.fail(t("needAddress"));
    this.address = address;
    if (!(proof.password || proof.code)) {
      this.notices.fail("code" in proof ? t("needCode") : t("needPassword"));
      return;
    }
    this.run(t("opening"), async () => {
      const asked = this.api.open(address, proof);
      input.value = ""; // whatever comes of it, it is not to be left standing
      const answer = await asked;
      await this.opened(answer, address);
    });
  }

  // run does one thing at a time, with the buttons still meanwhile, and turns
  // failures into words.
  async run(what, work) {
    const buttons = [...this.place.querySelectorAll("button")];
    const notices = this.notices;
    if (this.working) return;
    this.working = true;
    notices.busy(what);
    buttons.forEach((b) => b.setAttribute("aria-disabled", "true"));
    try {
      await work();
      notices.busy("");
    } catch (e) {
      notices.fail(...this.explain(e));
    } finally {
      this.working = false;
      buttons.forEach((b) => b.removeAttribute("aria-disabled"));
    }
  }

  explain(e) {
    // These two have a page on the website from which the sender can be asked.
    if (e instanceof Refused) return [e.text || t("refused"), ...(["expired", "not_recipient"].includes(e.cause) ? [this.website()] : [])];
    if (e instanceof Unreachable) return [t("unreachable"), this.website()];
    if (e instanceof Changed) return [t("changed")];
    if (e instanceof Damaged) return [t("damaged"), this.website()];
    return [t("refused"), this.website()];
  }
}

// bare takes the address out of "Name <address>".
function bare(text) {
  const m = /<([^<>]+)>\s*$/.exec(text);
  return (m ? m[1] : text).trim();
}
