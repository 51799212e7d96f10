// The script of securedoc.html in its classic form: sign in, fetch the secret
// for this message, check that the message is the one that was sent, open it
// here. Where the browser lacks what that needs, the page stays the plain form
// that posts the message to the website.

import { el, show } from "./dom.js";
import { learn, t } from "./words.js";
import { offerLanguages } from "./language.js";
import { decode } from "./base64.js";
import { open, Damaged } from "./container.js";
import { parse } from "./mime.js";
import { Api } from "./api.js";
import { SignIn } from "./signin.js";
import { Viewer } from "./viewer.js";

const byId = (id) => document.getElementById(id);

function start() {
  const form = byId("site");
  learn(JSON.parse(byId("words").content.textContent));
  if (!globalThis.crypto?.subtle || !globalThis.DecompressionStream || !AbortSignal.timeout) {
    form.prepend(el("p", null, t("oldBrowser")));
    return;
  }
  const page = JSON.parse(document.querySelector("meta[name=postseal]").content);
  page.to ||= [];
  form.hidden = true;
  const app = byId("app");
  const api = new Api(page);
  const website = () => el("button", { type: "button", class: "second", click: () => {
    form.action = api.servers[0] + "/open"; // the one that answered last, if any did
    form.submit();
  } }, t("website"));
  const signIn = new SignIn(app, page, api, website, async (record) => {
    const original = await open(container(), decode(record.key), record.digests || [record.digest]);
    delete record.key;
    byId("cover").hidden = true;
    const viewer = new Viewer(app, api, record, original, parse(original), signedOut);
    view = () => viewer.show();
    view();
  });
  function signedOut(why) {
    const again = el("button", { type: "button", click: () => {
      byId("cover").hidden = false;
      view = () => signIn.redraw();
      signIn.first();
    } }, t("openAgain"));
    show(app, [el("h1", null, t("signedOutTitle")), el("p", null, why || t("signedOut")), el("p", null, again)]);
    view = () => signedOut(why);
  }
  let view = () => signIn.redraw();
  offerLanguages(byId("languages"), () => view());
  signIn.first();
}

function container() {
  const bytes = decode(document.querySelector("textarea[name=ct]").value);
  if (!bytes.length) throw new Damaged("empty");
  return bytes;
}

start();
