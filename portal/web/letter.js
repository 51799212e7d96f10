// Writing: an editor for the look of the words, the sum of the files as it grows,
// and how far an upload is. Every sentence stands in the page; without this script
// the form is sent as it is, as plain text.
(() => {
  "use strict";
  const form = document.getElementById("typed");
  if (!form || !window.FormData || !window.DOMParser) return;
  const plain = form.elements.text, look = form.elements.html;

  // The editor takes the field's place and name.
  const editor = document.createElement("div");
  const begin = () => {
    plain.id = "plain";
    Object.assign(editor, { id: "text", className: "editor", contentEditable: "true", tabIndex: 0 });
    for (const [k, v] of Object.entries({ role: "textbox", "aria-multiline": "true", "aria-required": "true", "aria-labelledby": "text-label" })) editor.setAttribute(k, v);
    if (plain.getAttribute("aria-describedby")) editor.setAttribute("aria-describedby", plain.getAttribute("aria-describedby"));
    if (look.value) editor.innerHTML = look.value; // our server made it of a few elements; the page's policy runs nothing
    else editor.innerText = plain.value;
    plain.hidden = true;
    plain.required = false;
    plain.after(editor);
    tools.hidden = false;
    look.disabled = false;
    document.execCommand("styleWithCSS", false, "false");
    document.execCommand("defaultParagraphSeparator", false, "div");
  };
  const write = () => {
    plain.value = editor.innerText;
    look.value = editor.innerHTML;
  };

  const tools = form.querySelector(".tools");
  const states = ["bold", "italic", "underline", "insertUnorderedList", "insertOrderedList"];
  const marks = () => {
    for (const b of tools.querySelectorAll("button")) b.setAttribute("aria-pressed", String(states.includes(b.dataset.do) && document.queryCommandState(b.dataset.do)));
  };
  let last = null; // where the words were chosen, before a list of sizes took the focus
  const act = (what, value) => {
    const s = getSelection(); // as it is now: on a busy device the event that keeps it comes late
    const here = s.rangeCount && editor.contains(s.anchorNode) ? s.getRangeAt(0).cloneRange() : last;
    editor.focus();
    if (here) {
      s.removeAllRanges();
      s.addRange(here);
    }
    document.execCommand(what, false, value);
    marks();
  };
  document.addEventListener("selectionchange", () => {
    const s = getSelection();
    if (s.rangeCount && editor.contains(s.anchorNode)) {
      last = s.getRangeAt(0).cloneRange();
      marks();
    }
  });
  for (const b of tools.querySelectorAll("button")) b.addEventListener("click", () => act(b.dataset.do));
  for (const s of tools.querySelectorAll("select")) s.addEventListener("change", () => act(s.dataset.do, s.value));

  // The files, as they grow towards the limit.
  const files = form.elements.file, sum = document.getElementById("sum");
  const limit = Number(form.dataset.limit), most = Number(form.dataset.files);
  const size = (n) => sum.dataset.mb.replace("{n}", (n / 1048576).toFixed(1));
  let fits = true;
  const add = () => {
    let n = 0;
    for (const f of files.files) n += f.size;
    fits = n <= limit && files.files.length <= most;
    sum.className = fits ? "small" : "error";
    sum.textContent = !files.files.length ? "" : n > limit ? sum.dataset.over.replace("{sum}", size(n)) :
      fits ? sum.dataset.words.replace("{sum}", size(n)) : sum.dataset.many;
  };
  files.addEventListener("change", add);

  // Sending, with its progress. A refusal comes back into this page, where the
  // files are still chosen.
  const going = document.getElementById("going"), gone = document.getElementById("gone"), stuck = document.getElementById("stuck");
  const busy = (yes) => {
    going.hidden = !yes;
    for (const b of form.querySelectorAll("button[name=do]")) b.disabled = yes;
  };
  const errors = (page) => {
    for (const old of document.querySelectorAll(".summary, .group .error[id]")) old.remove();
    for (const g of form.querySelectorAll(".group.wrong")) g.classList.remove("wrong");
    for (const e of page.querySelectorAll(".group .error[id]")) {
      const field = document.getElementById(e.id.replace(/-error$/, ""));
      if (!field) continue;
      const group = field.closest(".group");
      group.classList.add("wrong");
      group.insertBefore(document.importNode(e, true), group.querySelector(".tools, input, textarea"));
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", e.id);
    }
    const summary = page.querySelector(".summary");
    if (!summary) return false;
    const shown = document.importNode(summary, true);
    document.getElementById("main").prepend(shown);
    document.title = page.title;
    form.elements.draft.value = page.querySelector("[name=draft]").value;
    shown.focus();
    return true;
  };
  form.addEventListener("submit", (event) => {
    write();
    if (event.submitter && event.submitter.name === "lang") return; // the page comes back in another language
    stuck.textContent = "";
    const save = event.submitter && event.submitter.value === "save";
    if (!fits && !save) {
      event.preventDefault();
      files.focus();
      return;
    }
    if (!files.files.length || save) return; // nothing to wait for
    event.preventDefault();
    const data = new FormData(form);
    data.append("do", "send");
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (p) => {
      if (p.lengthComputable) gone.value = (100 * p.loaded) / p.total;
    });
    request.addEventListener("loadend", () => {
      if (request.status && new URL(request.responseURL).pathname !== "/write") {
        location.assign(request.responseURL);
        return;
      }
      busy(false);
      if (!request.status || !errors(new DOMParser().parseFromString(request.responseText, "text/html"))) stuck.textContent = stuck.dataset.words;
    });
    request.open("POST", form.action);
    busy(true);
    gone.value = 0;
    request.send(data);
  });
  addEventListener("pageshow", () => busy(false));
  begin();
  add();
})();
