// Names, sizes and times as people read them.

import { t } from "./words.js";

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

// size says a number of bytes as the website does (words: Language.Size).
export function size(bytes) {
  if (bytes < 1024) return t("bytes", { n: bytes });
  if (bytes < 1 << 20) return t("kb", { n: Math.round(bytes / 1024) });
  return t("mb", { n: (bytes / (1 << 20)).toFixed(1).replace(/\.0$/, "") });
}

// nth takes one out of a list that stands in the words: the days from Sunday on, or
// the months.
const nth = (list, i) => t(list).split(",")[i];

// when writes a time as "Sunday 21 August 2016, 12:21 BST" or "Today, 14:36 GMT", in
// the organisation's time zone, or the reader's own where the page names none.
export function when(iso, zone, now = new Date()) {
  const at = new Date(iso);
  if (!iso || Number.isNaN(at.getTime())) return "";
  const p = parts(at, zone);
  const clock = `${p.hour}:${p.minute} ${p.timeZoneName}`;
  const n = parts(now, zone);
  if (p.year === n.year && p.month === n.month && p.day === n.day) return capital(t("today", { clock }));
  const weekday = nth("days", new Date(Date.UTC(p.year, p.month - 1, p.day)).getUTCDay());
  return t("long", { weekday, day: Number(p.day), month: nth("months", p.month - 1), year: p.year, clock });
}

// parts takes a time apart. The words in it are ours, so that they do not hang on
// the browser's language; en-GB only for the zone's short name.
function parts(at, zone) {
  const how = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  let format;
  try {
    format = new Intl.DateTimeFormat("en-GB", { ...how, timeZone: zone });
  } catch { // a zone that this browser does not know
    format = new Intl.DateTimeFormat("en-GB", how);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

function capital(s) {
  return s.charAt(0).toUpperCase() + s.slice(1);
}
