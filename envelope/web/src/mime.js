// A small MIME reader: enough of RFC 2045 to 2047, 2183 and 2231 to show a mail
// and hand out its attachments. It never fails: what it cannot make out becomes
// an attachment, and the whole message can be saved anyway.

import { decode as fromBase64 } from "./base64.js";

const MAX_DEPTH = 30; // nested parts; deeper ones are handed out whole
const MAX_PARTS = 1000;

const latin = new TextDecoder("latin1");

// parse gives {blocks, attachments}: blocks are {html} or {text} in order,
// attachments {name, type, charset, cid, bytes, inline, reading}: inline are pictures
// in the text, reading is what stands among the readings of a multipart/alternative.
export function parse(bytes) {
  const mail = { blocks: [], attachments: [], headers: split(bytes).headers };
  walk(bytes, mail, 0, { count: 0 });
  return mail;
}

function walk(bytes, mail, depth, seen) {
  const { headers, body } = split(bytes);
  const type = parameters(headers["content-type"] || "text/plain");
  const disposition = parameters(headers["content-disposition"] || "");
  const boundary = type.params.boundary;
  if (type.value.startsWith("multipart/") && boundary && depth < MAX_DEPTH) {
    const parts = partsOf(body, boundary);
    if (!parts.length && body.length) mail.blocks.push({ text: text(body) }); // the boundary never comes
    if (type.value === "multipart/alternative") return alternative(parts, mail, depth, seen);
    for (const part of parts) {
      if (++seen.count <= MAX_PARTS) walk(part, mail, depth + 1, seen);
    }
    return;
  }
  const content = decodeBody(body, headers["content-transfer-encoding"]);
  const name = disposition.params.filename || type.params.name || "";
  const shown = disposition.value !== "attachment" && !name;
  if (shown && type.value === "text/html") mail.blocks.push({ html: text(content, type.params.charset) });
  else if (shown && type.value === "text/plain") mail.blocks.push({ text: text(content, type.params.charset) });
  else mail.attachments.push({ name: words2047(name), type: type.value, cid: contentId(headers), charset: type.params.charset, bytes: content, reading: disposition.value !== "attachment" });
}

// alternative shows the last reading that has anything to show (RFC 2046 section
// 5.1.4) and keeps the attachments of all.
function alternative(parts, mail, depth, seen) {
  let blocks = [];
  for (const part of parts) {
    if (++seen.count > MAX_PARTS) break;
    const one = { blocks: [], attachments: mail.attachments };
    walk(part, one, depth + 1, seen);
    if (one.blocks.length) blocks = one.blocks;
  }
  mail.blocks.push(...blocks);
}

// split parts the header from the body at the first empty line.
function split(bytes) {
  let at = 0;
  while (at < bytes.length) {
    const lf = bytes.indexOf(10, at);
    const end = lf < 0 ? bytes.length : lf + 1;
    const length = end - at;
    if (lf >= 0 && (length === 1 || (length === 2 && bytes[at] === 13))) {
      return { headers: fields(bytes.subarray(0, at)), body: bytes.subarray(end) };
    }
    at = end;
  }
  return { headers: fields(bytes), body: new Uint8Array() };
}

function fields(bytes) {
  const out = Object.create(null);
  for (const line of text(bytes, "utf-8").replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !(name in out)) out[name] = line.slice(colon + 1).trim();
  }
  return out;
}

// partsOf cuts a multipart body at its delimiter lines.
function partsOf(body, boundary) {
  const mark = new TextEncoder().encode("--" + boundary);
  const parts = [];
  let start = -1;
  for (let at = 0; at >= 0 && at < body.length; ) {
    if (isMark(body, at, mark)) {
      if (start >= 0) parts.push(body.subarray(start, beforeLineEnd(body, at)));
      const after = at + mark.length;
      if (body[after] === 45 && body[after + 1] === 45) return parts;
      const lf = body.indexOf(10, after);
      start = lf < 0 ? body.length : lf + 1;
    }
    const lf = body.indexOf(10, at);
    at = lf < 0 ? -1 : lf + 1;
  }
  if (start >= 0) parts.push(body.subarray(start)); // no closing delimiter: take what is there
  return parts;
}

function isMark(body, at, mark) {
  for (let i = 0; i < mark.length; i++) if (body[at + i] !== mark[i]) return false;
  const next = body[at + mark.length];
  return next === undefined || next === 10 || next === 13 || next === 32 || next === 9 || next === 45;
}

function beforeLineEnd(body, at) {
  if (body[at - 1] !== 10) return at;
  return body[at - 2] === 13 ? at - 2 : at - 1;
}

// parameters reads "value; name=x", quoted, continued and extended (RFC 2231).
export function parameters(field) {
  const out = { value: field.split(";")[0].trim().toLowerCase(), params: Object.create(null) };
  const pieces = Object.create(null);
  const each = /;\s*([^\s=;]+?)(\*\d+)?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
  for (const [, name, number, extended, quoted, bare] of field.matchAll(each)) {
    const value = quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : bare.trim();
    (pieces[name.toLowerCase()] ||= []).push({ at: number ? +number.slice(1) : 0, extended, value });
  }
  for (const name in pieces) {
    const list = pieces[name].sort((a, b) => a.at - b.at);
    out.params[name] = list.some((p) => p.extended) ? extended2231(list) : list.map((p) => p.value).join("");
  }
  return out;
}

function extended2231(list) {
  let charset = "utf-8";
  const bytes = [];
  for (const { at, extended, value } of list) {
    let rest = value;
    const m = at === 0 && extended && /^([^']*)'[^']*'(.*)$/s.exec(value);
    if (m) [charset, rest] = [m[1], m[2]];
    if (extended) bytes.push(...percent(rest));
    else bytes.push(...new TextEncoder().encode(rest));
  }
  return text(new Uint8Array(bytes), charset);
}

function percent(s) {
  return quoted(s, /%([0-9a-fA-F]{2})/g);
}

// quoted turns a text with coded octets into bytes; other characters stand for themselves.
function quoted(s, code) {
  return Uint8Array.from(s.replace(code, (_, h) => String.fromCharCode(parseInt(h, 16))), (c) => c.charCodeAt(0));
}

// words2047 decodes encoded words, which many programs also put into parameters.
export function words2047(s) {
  return s
    .replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, "$1")
    .replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (_, charset, how, value) => {
      const bytes = how.toLowerCase() === "b" ? fromBase64(value) : quoted(value.replace(/_/g, " "), /=([0-9a-fA-F]{2})/g);
      return text(bytes, charset);
    });
}

function decodeBody(body, encoding = "") {
  switch (encoding.trim().toLowerCase()) {
    case "base64":
      return fromBase64(latin.decode(body));
    case "quoted-printable":
      return quotedPrintable(body);
    default:
      return body;
  }
}

// quotedPrintable works on bytes, so that 8-bit text inside survives as it is.
function quotedPrintable(body) {
  const out = new Uint8Array(body.length);
  let n = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] === 61) {
      const line = softBreak(body, i + 1);
      if (line > 0) {
        i = line - 1;
        continue;
      }
      const v = parseInt(String.fromCharCode(body[i + 1], body[i + 2]), 16);
      if (/^[0-9a-fA-F]{2}$/.test(String.fromCharCode(body[i + 1], body[i + 2]))) {
        out[n++] = v;
        i += 2;
        continue;
      }
    }
    out[n++] = body[i];
  }
  return out.subarray(0, n);
}

// softBreak gives where the next line starts if only blanks stand before it.
function softBreak(body, at) {
  while (body[at] === 32 || body[at] === 9) at++;
  if (body[at] === 13) at++;
  return body[at] === 10 ? at + 1 : -1;
}

function contentId(headers) {
  return (headers["content-id"] || "").replace(/^<|>$/g, "");
}

// text decodes bytes; unknown or missing charsets are read as UTF-8 if they are
// that, else as windows-1252, which shows every byte as something.
export function text(bytes, charset) {
  try {
    return new TextDecoder(charset || "utf-8", { fatal: !charset || /^(utf-?8|us-ascii)$/i.test(charset) }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
