// Passkeys: asks the device, and sends what it signed with the page's own form.
// Every sentence stands in the page; without this script its forms stay hidden.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

  async function begin(form, what) {
    const body = new URLSearchParams({ form: form.elements.form.value, for: what });
    const answer = await fetch("/passkey/begin", { method: "POST", body });
    if (!answer.ok) throw new Error("refused");
    return (await answer.json()).publicKey;
  }

  async function add(form) {
    const o = await begin(form, "add");
    const made = await navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge),
      user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) } });
    const r = made.response;
    return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
      authenticatorAttachment: made.authenticatorAttachment || undefined,
      response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject),
        transports: r.getTransports ? r.getTransports() : [] } };
  }

  async function signIn(form) {
    const o = await begin(form, "signin");
    const got = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) } });
    const r = got.response;
    return { id: got.id, rawId: text(got.rawId), type: got.type, clientExtensionResults: {},
      authenticatorAttachment: got.authenticatorAttachment || undefined,
      response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData),
        signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : "" } };
  }

  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const without of document.querySelectorAll("[data-without-passkey]")) without.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector("[role=alert]");
    let busy = false;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      problem.textContent = "";
      try {
        const signed = await (form.dataset.passkey === "add" ? add : signIn)(form);
        form.elements.credential.value = JSON.stringify(signed);
        form.submit();
      } catch (e) {
        problem.textContent = e.name === "InvalidStateError" && problem.dataset.known || problem.dataset.words;
      }
      busy = false;
    });
  }
})();
