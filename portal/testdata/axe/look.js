// What the tests ask of every page in Chromium. axe-core stands before this.
"use strict";
globalThis.look = (() => {
  const line = (e) => {
    const text = (e.getAttribute("aria-label") || e.innerText || e.value || "").replace(/\s+/g, " ").trim().slice(0, 40);
    return `<${e.localName}${e.id ? "#" + e.id : ""}${e.className ? "." + e.className : ""}> ${text}`;
  };

  // What of axe's rules hangs on sizes and places. The others look at elements, names
  // and roles: they find the same wherever the same elements are shown.
  const bySize = ["target-size", "color-contrast", "scrollable-region-focusable", "link-in-text-block"];
  const rendered = () => [...document.body.querySelectorAll("*")].map((e) => (e.getClientRects().length ? 1 : 0)).join("");
  let judged = ""; // what was shown when all the rules were asked

  // axe gives the violations of WCAG 2.2 A and AA, each with its elements. What a
  // sender wrote stands in a frame and is not ours to judge. A second look at the same
  // state asks what hangs on sizes alone, unless other elements are shown there.
  async function violations(again) {
    const now = rendered();
    const sizes = again && now === judged;
    judged = now;
    const found = await axe.run(document, sizes ? { iframes: false, preload: false, resultTypes: ["violations"], runOnly: { type: "rule", values: bySize } } : {
      iframes: false,
      preload: false, // no style sheet is fetched anew
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
      rules: { "target-size": { enabled: true } },
    });
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 300)} (${n.failureSummary.replace(/\s+/g, " ")})`));
  }

  // poor gives what a picture would show to somebody who looks closely: a page wider
  // than its window, text that leaves its box, two things in one place.
  function poor() {
    const out = [];
    const root = document.documentElement;
    const unfilled = document.body.innerText.match(/\{[a-z-]+\}/g);
    if (unfilled) out.push(`a place that nothing was put into: ${unfilled.join(" ")}`);
    if (root.scrollWidth > root.clientWidth) out.push(`wider than the window: ${root.scrollWidth} > ${root.clientWidth}`);
    const seen = [...document.body.querySelectorAll("*")].filter((e) => !e.closest(".hide, .skip, option, [hidden], template, details:not([open]) > :not(summary)") && e.getClientRects().length > 0);
    const among = new Set(seen);
    for (const e of seen) {
      const box = e.getBoundingClientRect();
      if (box.width > 1 && (box.right > root.clientWidth + 1 || box.left < -1)) out.push(`sticks out to the side: ${line(e)}`);
      const style = getComputedStyle(e);
      if (style.overflowX !== "visible" && style.overflowX !== "auto" && e.scrollWidth > e.clientWidth + 1 && !/^(input|select|textarea|iframe)$/.test(e.localName)) out.push(`text is cut: ${line(e)}`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (n) => n.data.trim() && among.has(n.parentElement) && !n.parentElement.closest("select, textarea, pre") ? 1 : 3);
    while (walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      let block = walker.currentNode.parentElement;
      while (getComputedStyle(block).display === "inline") block = block.parentElement;
      if (getComputedStyle(block).whiteSpace === "pre-wrap") continue; // blanks hang over at the ends of lines
      if (range.getBoundingClientRect().right > block.getBoundingClientRect().right + 1) out.push(`text leaves its box: ${line(block)}`);
    }
    const controls = seen.filter((e) => /^(button|input|select|textarea|h1|h2|legend|img)$/.test(e.localName) || e.localName === "a" && e.classList.contains("button"));
    for (const [i, a] of controls.entries()) {
      const p = a.getBoundingClientRect();
      for (const b of controls.slice(i + 1)) {
        const q = b.getBoundingClientRect();
        const over = Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1;
        if (over && !a.contains(b) && !b.contains(a)) out.push(`one over the other: ${line(a)} and ${line(b)}`);
      }
    }
    return out;
  }

  // doubled looks again with text of twice the size (WCAG 2.2, 1.4.4).
  function doubled() {
    const root = document.documentElement;
    const size = parseFloat(getComputedStyle(root).fontSize);
    const text = document.querySelector("main p, main label");
    const before = text && parseFloat(getComputedStyle(text).fontSize);
    root.style.fontSize = 2 * size + "px";
    const out = poor().map((s) => "with text of twice the size: " + s);
    if (text && parseFloat(getComputedStyle(text).fontSize) < 1.9 * before) out.push(`text does not grow with the browser's: ${line(text)}`);
    root.style.fontSize = "";
    return out;
  }

  const marks = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "backgroundColor", "borderTopColor", "borderTopWidth"];
  const styleOf = (e) => marks.map((m) => getComputedStyle(e)[m]).join("|");
  let way = [];
  let plain = [];
  let stops = []; // what had the focus at each press of the tabulator
  addEventListener("keydown", (e) => e.key === "Tab" && stops.push(here()), true);

  // begin notes what the tabulator should reach, in this order, and how it looks
  // without the focus, which goes to the top of the page.
  function begin() {
    if (document.activeElement) document.activeElement.blur();
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    way = [...all].filter((e) => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden" && e.getClientRects().length > 0 && e.checkVisibility({ visibilityProperty: true })
      && !(e.type === "radio" && e !== (document.querySelector(`input[type=radio][name="${e.name}"]:checked`) || document.querySelector(`input[type=radio][name="${e.name}"]`))));
    plain = way.map(styleOf);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    stops = [];
    return { n: way.length, frames: way.some((e) => e.localName === "iframe") || document.querySelector("iframe") !== null };
  }

  // here tells where the focus is: its place in the way (-1: on nothing of it) and
  // what is wrong with how it shows.
  function here() {
    const e = document.activeElement;
    const i = way.indexOf(e);
    if (i < 0) return { i, what: e ? line(e) : "", frame: e?.localName === "iframe", wrong: "" };
    const box = e.getBoundingClientRect();
    const within = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 1 && box.height > 1;
    const wrong = styleOf(e) === plain[i] ? "looks the same with the focus" : within ? "" : "is not to be seen with the focus";
    return { i, what: line(e), frame: false, wrong };
  }

  const shows = () => [...document.querySelectorAll("[data-shows]")].map((e) => e.dataset.shows);
  const skips = () => Boolean(document.querySelector('a[href="#main"]') && document.querySelector("main#main"));

  // shape is what rules about elements look at: which there are, shown or not, with
  // their attributes and whether they say anything, and not what they say.
  function shape() {
    const says = /^(id|for|href|value|name|action|formaction|title|alt|placeholder|aria-label|aria-describedby|aria-labelledby|data-.*|min|max|maxlength)$/;
    return [...document.querySelectorAll("*")].map((e) => {
      const attributes = [...e.attributes].map((a) => a.name + (says.test(a.name) ? (a.value ? "+" : "-") : "=" + a.value));
      const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      return [e.localName, ...attributes, words ? "words" : "", e.getClientRects().length ? "shown" : ""].join(" ");
    }).join("\n");
  }

  // page is one look: axe is "all", "sizes" (after "all" in the same state) or "none".
  async function page(zoom, axe) {
    return { violations: axe === "none" ? [] : await violations(axe === "sizes"), poor: [...poor(), ...(zoom ? doubled() : [])], shows: shows(), skips: skips(), title: document.title, lang: document.documentElement.lang };
  }
  // tall makes room for a picture of the whole page: frames keep their height, and
  // give it back.
  function tall(yes) {
    for (const f of document.querySelectorAll("iframe")) {
      if (yes) f.dataset.height = f.style.height;
      f.style.height = yes ? f.getBoundingClientRect().height + "px" : f.dataset.height;
    }
    return Math.min(document.documentElement.scrollHeight, 9000);
  }

  return { page, shape, begin, here, stops: () => [...stops, here()], tall };
})();
