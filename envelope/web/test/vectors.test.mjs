// Opens the vectors of testdata/envelope with the code that the page carries,
// built as the page is. Needs POSTSEAL_VECTORS, the vectors' folder.
import { test, before } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildModule } from "../build.mjs";

const folder = process.env.POSTSEAL_VECTORS || new URL("../../../testdata/envelope", import.meta.url).pathname;
const names = readdirSync(folder).filter((n) => n.endsWith(".txt"));
let container, base64;

before(async () => {
  const out = mkdtempSync(join(tmpdir(), "ps"));
  for (const name of ["container", "base64"]) await buildModule(`src/${name}.js`, join(out, name + ".mjs"));
  container = await import(pathToFileURL(join(out, "container.mjs")));
  base64 = await import(pathToFileURL(join(out, "base64.mjs")));
});

function read(name) {
  const text = readFileSync(join(folder, name), "latin1");
  const end = text.indexOf("\n\n");
  const fields = Object.fromEntries(text.slice(0, end).split("\n").map((l) => l.split(/: (.*)/s, 2)));
  return { ...fields, page: text.slice(end + 2) };
}

// outcome opens as main.js does.
async function outcome(v) {
  const meta = JSON.parse(/<meta name="postseal" content="([^"]*)"/.exec(v.page)[1].replaceAll("&#34;", '"').replaceAll("&lt;", "<"));
  if (meta.v !== 1) return ["unknown-version"];
  const area = /<textarea name="ct"[^>]*>([^<]*)<\/textarea>/.exec(v.page);
  if (!area) return ["broken"];
  try {
    const original = await container.open(base64.decode(area[1]), Buffer.from(v.key, "hex"), [v.digest]);
    return ["success", original];
  } catch (e) {
    if (e instanceof container.Changed) return [e.message === "digest" ? "changed" : "broken"];
    if (e instanceof container.Damaged) return ["broken"];
    throw e;
  }
}

test("there are vectors", () => assert.ok(names.length >= 10));

for (const name of names) {
  test(name, async () => {
    const v = read(name);
    const [got, original] = await outcome(v);
    assert.equal(got, /^(bad-tag|truncated)$/.test(v.expect) ? "broken" : v.expect);
    if (got === "success") assert.equal(createHash("sha256").update(original).digest("hex"), v["original-sha256"]);
  });
}
