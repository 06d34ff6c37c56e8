import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "./errors.js";

/**
 * Return the text of a file that a path names, or the name itself if it is no path.
 *
 * The emulator reads no files over HTTP, so that their text is sent. Throws UsageError if the file
 * does not exist.
 */
export function nameOrText(name: string): string {
  if (name.includes("\n") || !/[./\\]/.test(name)) return name;
  if (!existsSync(name)) {
    throw new UsageError(`the file ${JSON.stringify(name)} does not exist: looked for ${resolve(name)}`);
  }
  try {
    return `${readFileSync(name, "utf8")}\n`;
  } catch (error) {
    throw new UsageError(`the file ${JSON.stringify(name)} can't be read: ${(error as Error).message}`);
  }
}
