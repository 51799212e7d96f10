// The page's own readers: MIME, base64, names. Run by web/check.sh and by go test.
import { test } from "node:test";
import assert from "node:assert/strict";
import { parse, parameters, words2047 } from "../src/mime.js";
import { decode, encode } from "../src/base64.js";
import { fileName, size, when } from "../src/names.js";
import { warnings } from "../src/danger.js";
import { distinct } from "../src/zip.js";
import { learn, speak, t } from "../src/words.js";

learn({
  en: { bytes: "{n} bytes", kb: "{n} KB", mb: "{n} MB", long: "{weekday} {day} {month} {year}, {clock}", today: "today, {clock}",
    days: ",,,,,,Saturday", months: ",,,,,,,August,,,,December" },
  cy: { long: "{weekday} {day} {month} {year}, {clock}", days: ",,,,,,dydd Sadwrn", months: ",,,,,,,,,,,Rhagfyr" },
});

const bytes = (s) => Uint8Array.from(s, (c) => c.charCodeAt(0));
const mail = (...lines) => parse(bytes(lines.join("\r\n")));
const utf8 = (s) => Buffer.from(s, "utf8").toString("latin1");

test("a plain text", () => {
  const m = mail("Subject: x", "", "Hello", "you");
  assert.deepEqual(m.blocks, [{ text: "Hello\r\nyou" }]);
  assert.deepEqual(m.attachments, []);
});

test("text in every encoding and charset", () => {
  for (const [headers, body] of [
    ["Content-Type: text/plain; charset=utf-8", utf8("Caf\u00e9 \u00a3")],
    ["", utf8("Caf\u00e9 \u00a3")],
    ["Content-Type: text/plain; charset=windows-1252", "Caf\u00e9 \u00a3"],
    ["Content-Type: text/plain; charset=nonsense-9", "Caf\u00e9 \u00a3"],
    ["Content-Type: text/plain", "Caf\u00e9 \u00a3"],
    ["Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "Caf=C3=A9 =\r\n=C2=A3"],
    ["Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64", Buffer.from("Caf\u00e9 \u00a3").toString("base64")],
  ]) {
    assert.equal(mail(headers || "X: y", "", body).blocks[0].text, "Caf\u00e9 \u00a3", headers);
  }
});

test("quoted-printable that is not", () => {
  const m = mail("Content-Transfer-Encoding: quoted-printable", "", "a=zz b=4 c=3D  =  ", "d=");
  assert.equal(m.blocks[0].text, "a=zz b=4 c=  d=");
});

const mixed = [
  "Content-Type: multipart/mixed; boundary=\"b 1\"", "", "preamble", "--b 1",
  "Content-Type: multipart/alternative; boundary=b2", "", "--b2", "Content-Type: text/plain", "", "plain", "--b2",
  "Content-Type: multipart/related; boundary=b3", "", "--b3", "Content-Type: text/html", "", "<p>rich<img src=cid:p1>", "--b3",
  "Content-Type: image/png", "Content-ID: <p1>", "Content-Transfer-Encoding: base64", "", "iVBO", "Rw==", "--b3--", "--b2--",
  "--b 1", "Content-Type: application/pdf; name=\"x.pdf\"", "Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.pdf",
  "Content-Transfer-Encoding: base64", "", "JVBERg==", "--b 1", "Content-Type: message/rfc822", "", "Subject: inner", "", "inner text", "--b 1--", "epilogue",
];

test("nested parts", () => {
  for (const ends of ["\r\n", "\n"]) {
    const m = parse(bytes(mixed.join(ends)));
    assert.deepEqual(m.blocks, [{ html: "<p>rich<img src=cid:p1>" }]);
    assert.deepEqual(m.attachments.map((a) => [a.name, a.type, a.cid, Buffer.from(a.bytes).toString("latin1")]), [
      ["", "image/png", "p1", "\x89PNG"],
      ["\u00e9t\u00e9.pdf", "application/pdf", "", "%PDF"],
      ["", "message/rfc822", "", ["Subject: inner", "", "inner text"].join(ends)],
    ]);
  }
});

test("attached text is not shown, named text neither", () => {
  const m = mail("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Disposition: attachment", "", "one", "--b",
    "Content-Type: text/plain; name=two.txt", "", "two", "--b", "", "three", "--b--");
  assert.deepEqual(m.blocks, [{ text: "three" }]);
  assert.equal(m.attachments.length, 2);
});

test("what is broken still comes out", () => {
  assert.equal(mail("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "no end").blocks[0].text, "no end");
  assert.equal(mail("Content-Type: multipart/mixed; boundary=b", "", "--c", "text").blocks[0].text, "--c\r\ntext");
  assert.equal(mail("Content-Type: multipart/mixed", "", "no boundary").attachments.length, 1);
  assert.equal(parse(bytes("no header at all")).blocks[0].text, "");
  assert.deepEqual(parse(new Uint8Array()).attachments, []);
  const deep = Array.from({ length: 200 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join("");
  assert.equal(parse(bytes(deep)).attachments.length, 1);
  const many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n".repeat(5000);
  assert.equal(parse(bytes(many)).blocks.length, 1000);
});

test("a boundary is no prefix of another", () => {
  const m = mail("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "one", "--bb", "two", "--b--");
  assert.deepEqual(m.blocks, [{ text: "one\r\n--bb\r\ntwo" }]);
});

test("parameters", () => {
  for (const [field, name, want] of [
    ['a; name="x;y\\"z"', "name", 'x;y"z'],
    ["a; NAME = plain.txt ; b=c", "name", "plain.txt"],
    ["a; filename*0=long; filename*1=\"er.txt\"", "filename", "longer.txt"],
    ["a; filename*0*=utf-8'en'%e2%82; filename*1*=%ac; filename*2=.txt", "filename", "\u20ac.txt"],
    ["a; filename*=iso-8859-1''%A3", "filename", "\u00a3"],
    ["a; __proto__=x", "name", undefined],
  ]) {
    assert.equal(parameters(field).params[name], want, field);
  }
});

test("encoded words", () => {
  assert.equal(words2047("=?utf-8?Q?=C3=A9t=C3=A9_1?= =?utf-8?b?4oKs?= x"), "\u00e9t\u00e9 1\u20ac x");
  assert.equal(words2047("=?iso-8859-1*en?q?=A3?="), "\u00a3");
});

test("base64 both ways", () => {
  for (let n = 0; n < 70; n++) {
    const b = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);
    const text = Buffer.from(b).toString("base64");
    assert.equal(encode(b), text);
    assert.deepEqual(decode(text), b);
    assert.deepEqual(decode(text.replace(/(.{5})/g, "$1\r\n ")), b);
    assert.deepEqual(decode(Buffer.from(b).toString("base64url")), b);
  }
  assert.equal(Buffer.from(decode("QQ==QkM=")).toString(), "ABC");
});

test("file names that are safe to save", () => {
  for (const [name, want] of [
    ["letter.docx", "letter.docx"], ["../../etc/passwd", "_.._etc_passwd"], ["C:\\x\\y.pdf", "C__x_y.pdf"], ["", "other"], ["...", "other"],
    ["a\u202efdp.exe", "afdp.exe"], ["con.txt", "_con.txt"], ["a\r\nb.txt", "ab.txt"], ["  x  ", "x"], [".htaccess", "htaccess"],
    ["x".repeat(300) + ".pdf", "x".repeat(116) + ".pdf"],
  ]) {
    assert.equal(fileName(name, "other"), want, JSON.stringify(name));
  }
});

test("sizes and times", () => {
  assert.deepEqual([size(12), size(12345), size(10 << 20), size(1234567)], ["12 bytes", "12 KB", "10 MB", "1.2 MB"]);
  const now = new Date("2016-08-21T14:00:00Z");
  assert.equal(when("2016-08-21T13:36:00Z", "Europe/London", now), "Today, 14:36 BST");
  assert.equal(when("2016-08-20T11:21:00Z", "Europe/London", now), "Saturday 20 August 2016, 12:21 BST");
  assert.equal(when("2016-12-31T23:59:00Z", "Europe/London", now), "Saturday 31 December 2016, 23:59 GMT");
  speak("cy");
  assert.equal(when("2016-12-31T23:59:00Z", "Europe/London", now), "dydd Sadwrn 31 Rhagfyr 2016, 23:59 GMT");
  assert.equal(t("unknown"), "unknown");
  speak("en");
  assert.equal(when("nonsense", "", now), "");
  assert.equal(when(undefined, "", now), "");
});

// frameOf gives what the sandboxed frame is given, with a document that only keeps it.
async function frameOf(m) {
  let frame;
  globalThis.document = { createElement: (tag) => ({
    append() {}, addEventListener() {},
    setAttribute(name, value) { if (tag === "iframe" && name === "srcdoc") frame = value; },
  }) };
  globalThis.DOMParser = class { // gives back what it is given; links are tested in the browser
    parseFromString = (html) => ({ html });
  };
  globalThis.Element = class {};
  globalThis.Document = class {
    querySelectorAll(selector) { return selector === "body" ? [{ outerHTML: this.html }] : []; }
  };
  const { bodyOf } = await import("../src/body.js");
  bodyOf(m);
  return frame;
}

test("a picture named a thousand times does not fill the memory", async () => {
  const picture = { name: "x.png", type: "image/png", cid: "a", bytes: new Uint8Array(1 << 20) };
  const frame = await frameOf({ blocks: [{ html: '<img src="cid:a">'.repeat(300) }], attachments: [picture] });
  assert.ok(frame.includes("data:image/png;base64,AAAA"));
  assert.ok(frame.length < 60e6, `the frame has ${frame.length} characters`);
});

test("broken picture tags do not hold the page up", async () => {
  const start = Date.now();
  await frameOf({ blocks: [{ html: "<img ".repeat(60_000) }], attachments: [] });
  assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
});

test("what a file can do is said, and a name that hides it", () => {
  for (const [name, head, want] of [
    ["plan.pdf", "%PDF", []], ["plan.docx", "PK", []], ["no ending", "x", []],
    ["setup.EXE", "MZ", ["file.warn-program"]], ["letter.docm", "PK", ["file.warn-active"]], ["page.html", "<", ["file.warn-active"]],
    ["invoice.pdf.exe", "MZ", ["file.warn-double", "file.warn-program"]], ["invoice.pdf   .js", "x", ["file.warn-double", "file.warn-program"]],
    ["photo.jpg.html", "<", ["file.warn-double", "file.warn-active"]], ["v1.2.pdf", "%PDF", []],
    ["invoice.pdf", "MZ\x90", ["file.warn-disguised"]], ["invoice", "\x7fELF", ["file.warn-disguised"]], ["invoice.txt", "#!/bin/sh", ["file.warn-disguised"]],
  ]) assert.deepEqual(warnings(name, bytes(head)), want, name);
});

test("no two names in a zip are equal", () => {
  assert.deepEqual(distinct(["a.pdf", "A.pdf", "a.pdf", "b", "b", "a (2).pdf"]), ["a.pdf", "A (2).pdf", "a (3).pdf", "b", "b (2)", "a (2) (2).pdf"]);
});
