// Builds the page's script and style into a folder (by default dist), which is
// committed and embedded by ../page.go. The same input gives the same bytes.
// Usage: node build.mjs [folder]
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "ascii", // the page's hash must survive any mail system's idea of charsets
  lineLimit: 250, // well under the 998 octets a line of mail may have
  legalComments: "none",
  logLevel: "warning",
};

// buildPage writes page.js and page.css.
export async function buildPage(folder) {
  await build({ ...common, entryPoints: ["src/main.js"], format: "iife", target: "es2022", outfile: join(folder, "page.js") });
  await build({ ...common, entryPoints: ["src/page.css"], outfile: join(folder, "page.css"), target: "chrome100" });
  const script = readFileSync(join(folder, "page.js"), "latin1");
  if (/<\/script|<!--|\r/i.test(script)) throw new Error("page.js cannot stand inline");
  if (script.split("\n").some((line) => line.length > 990)) throw new Error("page.js has a line too long for mail");
  writeFileSync(join(folder, "page.js"), script.trimEnd(), "latin1");
}

// buildModule writes one source, built as the page is, as a module for tests.
export function buildModule(source, outfile) {
  return build({ ...common, entryPoints: [source], format: "esm", target: "es2022", outfile });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage(process.argv[2] || join(here, "dist"));
