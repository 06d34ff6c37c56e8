// Runs the blocks of pages, one after the other, in this process: node run_blocks.mjs PRINTED FILE...
// What each block prints goes into the file PRINTED. Tests of `node:test` run once all are loaded.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [kept, ...files] = process.argv.slice(2);
const printed = {};

/** Return the file that Node can load: one in TypeScript without its types. */
async function loadable(file) {
  if (!file.endsWith(".mts")) return file;
  const { transformSync } = await import("esbuild");
  const stripped = file.replace(/\.mts$/, ".mjs");
  writeFileSync(stripped, transformSync(readFileSync(file, "utf8"), { loader: "ts" }).code);
  return stripped;
}

const log = console.log;
for (const file of files) {
  const lines = (printed[file] = []);
  console.log = (...values) => lines.push(format(...values));
  try {
    await import(pathToFileURL(await loadable(file)));
  } catch (error) {
    console.error(`${file}: ${error.stack}`);
    process.exitCode = 1;
  }
}
console.log = log;
writeFileSync(kept, JSON.stringify(printed));
