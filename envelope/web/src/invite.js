// The box of an invitation. What it says is worked out by the server, as on the
// website: time zones and repetitions would make this page half as long again.

import { el } from "./dom.js";
import { t } from "./words.js";
import { linked } from "./links.js";
import { text } from "./mime.js";
import { Refused } from "./api.js";

// inviteOf gives the box for the first appointment of a mail. ask puts a question
// about it to the server; inside says that the mail stands in another one.
export function inviteOf(mail, download, ask, inside) {
  const part = mail.attachments.find((a) => a.type === "text/calendar");
  const said = part && text(part.bytes, part.charset);
  if (!said || !/^BEGIN:VEVENT/im.test(said)) return null;
  part.inline ||= part.reading; // saved from here, and so not among the attachments
  const save = (label) => el("p", null, download([part.bytes], "invitation.ics", label));
  const box = el("section", { class: "invite", "aria-busy": "true" });
  // What an answer needs; long descriptions stay here.
  const calendar = said.replace(/\r?\n[ \t]/g, "").split(/\r?\n/).filter((l) => !/^(DESCRIPTION|ATTACH|COMMENT|X-)/i.test(l)).join("\r\n");
  const status = el("p", { class: "status", role: "status" });
  const failed = (e) => { status.textContent = e instanceof Refused ? e.text : t("unreachable"); };
  let busy = false;
  const say = async (answer, once) => {
    if (busy) return;
    busy = true;
    status.textContent = t("sending") + "…";
    await ask("answer", { calendar, answer, once }).then((a) => { status.textContent = a.text; }, failed);
    busy = false;
  };
  ask("invitation", { calendar }).then((a) => {
    box.setAttribute("aria-label", a.title);
    box.replaceChildren(
      el("h2", null, a.title),
      el("dl", null, ...a.rows.map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, ...linked(v))))),
      ...(a.answers && !inside ? [el("p", { class: "row" }, ...a.answers.map(([value, label], i) =>
        el("button", { type: "button", class: i ? "second" : null, click: () => say(value, a.once) }, label)))] : []),
      status, a.note && el("p", { class: "hint" }, a.note) || "",
      save(a.save));
  }, failed).finally(() => box.removeAttribute("aria-busy"));
  box.append(status, save("invitation.ics"));
  return box;
}
