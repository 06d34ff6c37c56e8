// Builds the package: ES modules into dist/, CommonJS into dist/cjs/. The compiler decides the kind of
// a module by the package.json beside it, so CommonJS is compiled from a copy with one of its own.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
const compile = (folder, ...options) =>
  execFileSync(process.execPath, [tsc, "--project", folder, ...options], { cwd: here, stdio: "inherit" });

const dist = join(here, "dist");
const copy = join(here, "build", "cjs");
const COMMONJS = JSON.stringify({ type: "commonjs" });
rmSync(dist, { recursive: true, force: true });
rmSync(copy, { recursive: true, force: true });
compile(here);

mkdirSync(copy, { recursive: true });
cpSync(join(here, "src"), join(copy, "src"), { recursive: true });
cpSync(join(here, "tsconfig.json"), join(copy, "tsconfig.json"));
rmSync(join(copy, "src", "vitest.ts")); // Vitest itself has ES modules only
writeFileSync(join(copy, "package.json"), COMMONJS);
compile(copy, "--outDir", join(dist, "cjs"));
writeFileSync(join(dist, "cjs", "package.json"), COMMONJS);
