// What the page asks of its servers. No cookies, no headers of our own, so that
// a page opened as a file may ask without a preflight. docs/api.md lists the calls.

import { language } from "./words.js";

// Refused carries the server's words for a person, and the cause by name.
export class Refused extends Error {
  constructor(cause, text) {
    super(cause);
    this.cause = cause;
    this.text = text;
  }
}
// Unreachable says that no server answered as ours do.
export class Unreachable extends Error {}

const TIMEOUT = 30_000; // milliseconds for an answer
const UPLOAD_TIMEOUT = 600_000; // for a reply with files on a slow line

export class Api {
  // servers are tried in turn, since a host may have been renamed after sending.
  constructor(page) {
    this.page = page;
    this.servers = [...page.servers];
    const random = crypto.getRandomValues(new Uint8Array(16));
    this.browser = Array.from(random, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  code(address) {
    return this.ask("code", { address });
  }

  // open asks for the message's secret; proof is {password} or {code}.
  open(address, proof) {
    return this.ask("open", { address, ...proof });
  }

  // reply sends an answer; once makes it one however often it is sent.
  reply(session, { once, cc, copy, text, files }) {
    const form = new FormData();
    const { id, t } = this.page;
    for (const [name, value] of Object.entries({ session, id, t, once, lang: language() })) form.append(name, value);
    for (const address of cc) form.append("cc", address);
    if (copy) form.append("copy", "yes");
    form.append("text", text);
    for (const f of files) form.append("file", f, f.name);
    return this.post("reply", form, UPLOAD_TIMEOUT);
  }

  // calendar asks what an invitation says ("invitation") or answers it ("answer").
  calendar(call, session, fields) {
    const { id, t } = this.page;
    return this.post(call, new URLSearchParams({ session, id, t, lang: language(), ...fields }), TIMEOUT);
  }

  signOut(session) {
    return this.post("signout", new URLSearchParams({ session }), TIMEOUT);
  }

  ask(call, fields) {
    const { id, t } = this.page;
    return this.post(call, new URLSearchParams({ id, t, browser: this.browser, lang: language(), ...fields }), TIMEOUT);
  }

  async post(call, body, timeout) {
    let refused;
    for (const server of [...this.servers]) {
      try {
        const answer = await once(`${server}/api/v1/${call}`, body, timeout);
        this.servers = [server, ...this.servers.filter((s) => s !== server)];
        return answer;
      } catch (e) {
        if (!(e instanceof Unreachable) && e.cause !== "unavailable") throw e;
        if (e instanceof Refused) refused = e;
      }
    }
    throw refused || new Unreachable();
  }
}

async function once(url, body, timeout) {
  let response, answer;
  try {
    response = await fetch(url, {
      method: "POST", body, mode: "cors", credentials: "omit", cache: "no-store", redirect: "error",
      referrerPolicy: "no-referrer", signal: AbortSignal.timeout(timeout),
    });
    answer = await response.json();
  } catch {
    throw new Unreachable();
  }
  if (response.ok) return answer;
  // Whoever took over an old host name does not answer in our form.
  if (typeof answer?.error !== "string") throw new Unreachable();
  throw new Refused(answer.error, answer.text);
}
