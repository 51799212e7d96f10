// The switch between the page's languages. What stands in the page without script
// is there once for each language, marked with data-l; the views are drawn anew.

import { el } from "./dom.js";
import { speak, language, others, t } from "./words.js";

// offerLanguages puts the switch into place. redraw draws the view that shows.
export function offerLanguages(place, redraw) {
  const cover = document.getElementById("cover");
  for (const section of document.querySelectorAll("section[data-l]")) {
    section.querySelectorAll(".noscript").forEach((e) => e.remove());
    cover.append(section);
  }
  const draw = () => {
    document.documentElement.lang = t("lang");
    for (const e of document.querySelectorAll("[data-l]")) e.hidden = e.dataset.l !== language();
    place.replaceChildren(...others().map(({ tag, name, lang }) => el("button", { type: "button", class: "link", lang, click: () => {
      speak(tag);
      draw();
      redraw();
      place.querySelector("button")?.focus();
    } }, name)));
  };
  draw();
}
