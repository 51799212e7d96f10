// Keeps the inboxes fresh and gives the mail's frame its height. The page works
// without it: there is a link that refreshes, and the frame scrolls.
"use strict";

const boxes = document.getElementById("boxes");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/boxes?after=" + encodeURIComponent(boxes.dataset.last));
    if (answer.status !== 200) return; // 204: nothing new
    if (boxes.querySelector("details[open]")) return; // somebody is reading the older ones
    boxes.innerHTML = await answer.text();
    boxes.dataset.last = answer.headers.get("X-Last");
  } catch {
    // the demo was stopped; the next round tries again
  }
}

if (boxes) {
  setInterval(refresh, 1500);
  document.addEventListener("visibilitychange", refresh);
}

for (const frame of document.querySelectorAll("iframe.frame")) {
  const fit = () => {
    const inner = frame.contentDocument && frame.contentDocument.documentElement;
    if (!inner) return;
    frame.style.height = "0"; // else the frame's own height is the least that is measured
    frame.style.height = inner.scrollHeight + 8 + "px";
  };
  frame.addEventListener("load", fit);
  fit();
}
