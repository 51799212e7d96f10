// Sign-in in the page: address, then password or a code sent by email.

import { el, field, show, Notices } from "./dom.js";
import { words } from "./words.js";
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
    const notices = (this.notices = new Notices(words.errorTitle));
    const chooser = this.chooser();
    const password = el("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
    const ask = el("button", { type: "button", class: "second", click: () => this.sendCode(chooser.read()) }, words.sendCode);
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.open(chooser.read(), { password: password.value }, password);
    } },
      ...chooser.nodes,
      field(words.password, password),
      el("p", null, el("button", null, words.open)),
      this.links());
    const code = el("div", { class: "other" }, el("p", null, words.sendCodeHint), ask);
    const title = el("h2", null, words.signIn);
    show(this.place, [title, notices.problem, form, code, notices.status, this.site()], chooser.known ? password : title);
  }

  // chooser is the To field: one address to correct, or several to choose from.
  chooser() {
    const { to } = this.page;
    const own = el("input", { id: "address", type: "email", autocomplete: "username", spellcheck: "false", autocapitalize: "none", required: true });
    if (to.length < 2) {
      own.value = this.address || bare(to[0] || "");
      return { nodes: [field(words.address, own)], read: () => own.value.trim(), known: own.value !== "" };
    }
    const other = el("option", { value: "" }, words.otherAddress);
    const select = el("select", { id: "choose" }, ...to.map((a) => el("option", { value: bare(a) }, bare(a))), other);
    const typed = field(words.otherAddress, own, words.otherHint);
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
    return { nodes: [field(words.address, select), typed], read: () => select.value || own.value.trim(), known: true };
  }

  links() {
    const to = (path, text) => el("p", null, el("a", { href: this.api.servers[0] + path, target: "_blank", rel: "noopener noreferrer" }, text));
    return el("div", { class: "links" }, to("/forgot", words.forgotten), to("/register", words.firstTime));
  }

  site() {
    return el("div", { class: "other" },
      el("p", null, words.websiteHint(new URL(this.api.servers[0]).host)), this.website());
  }

  async sendCode(address, again) {
    if (!address) return this.notices.fail(words.needAddress);
    this.address = address;
    this.run(words.sendingCode, async () => {
      const answer = await this.api.code(address);
      this.codeView(answer.reference, again);
    });
  }

  codeView(reference, again) {
    const notices = (this.notices = new Notices(words.errorTitle));
    const code = el("input", { id: "code", type: "text", inputmode: "numeric", autocomplete: "one-time-code", spellcheck: "false", class: "code", required: true });
    const form = el("form", { novalidate: true, submit: (event) => {
      event.preventDefault();
      this.open(this.address, { code: code.value.replace(/\D/g, "") }, code);
    } },
      field(words.code, code, words.codeHint),
      el("p", null, el("button", null, words.open)));
    const more = el("p", { class: "row" },
      el("button", { type: "button", class: "second", click: () => this.sendCode(this.address, true) }, words.anotherCode),
      el("button", { type: "button", class: "second", click: () => this.first() }, words.back));
    const title = el("h2", null, words.codeTitle);
    const sent = el("p", { id: "sent" }, words.codeSent(this.address), " ", reference ? words.reference(reference) : "");
    show(this.place, [title, notices.problem, sent, form, more, notices.status, this.site()], code);
    code.setAttribute("aria-describedby", "sent code-hint"); // the focus skips the text above, so it is read with the field
    if (again) notices.say(words.newCodeSent);
  }

  open(address, proof, input) {
    if (!address) return this.notices.fail(words.needAddress);
    this.address = address;
    if (!(proof.password || proof.code)) {
      this.notices.fail("code" in proof ? words.needCode : words.needPassword);
      return;
    }
    this.run(words.opening, async () => {
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
    if (e instanceof Refused) return [e.text || words.refused];
    if (e instanceof Unreachable) return [words.unreachable, this.website()];
    if (e instanceof Changed) return [words.changed];
    if (e instanceof Damaged) return [words.damaged, this.website()];
    return [words.refused, this.website()];
  }
}

// bare takes the address out of "Name <address>".
function bare(text) {
  const m = /<([^<>]+)>\s*$/.exec(text);
  return (m ? m[1] : text).trim();
}
