// Names, sizes and times as people read them.

import { words } from "./words.js";

const MAX_NAME = 120;

// fileName makes a name safe to save under on any system: no folders, no control
// characters or characters that turn the direction of writing, no reserved ones.
export function fileName(name, otherwise) {
  const clean = String(name || "")
    .normalize("NFC")
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "")
    .replace(/[\\/:*?"<>|]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  if (!clean) return otherwise;
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(clean)) return "_" + clean;
  const dot = clean.lastIndexOf(".");
  if (clean.length <= MAX_NAME) return clean;
  const ending = dot > 0 && clean.length - dot <= 10 ? clean.slice(dot) : "";
  return clean.slice(0, MAX_NAME - ending.length) + ending;
}

// size says a number of bytes as the website does (portal: size).
export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1 << 20) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / (1 << 20)).toFixed(1).replace(/\.0$/, "")} MB`;
}

// when writes a time as "Sunday 21 August 2016, 12:21" or "Today, 14:36", in the
// reader's own time zone.
export function when(iso, now = new Date()) {
  const t = new Date(iso);
  if (!iso || Number.isNaN(t.getTime())) return "";
  const clock = t.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (t.toDateString() === now.toDateString()) return `${words.today}, ${clock}`;
  const day = t.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return `${day.replace(",", "")}, ${clock}`;
}
