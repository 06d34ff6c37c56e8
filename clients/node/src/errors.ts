/** The base of every error that this package throws on purpose. */
export class EmulatorError extends Error {
  override name = "EmulatorError";
}

/** A setting, an option or an argument is wrong. */
export class UsageError extends EmulatorError {
  override name = "UsageError";
}

/** The emulator could not be started, or none answers at a URL. */
export class StartupError extends EmulatorError {
  override name = "StartupError";
}

/** The emulator does not answer. */
export class UnreachableError extends EmulatorError {
  override name = "UnreachableError";
}

/** What a test asks for does not exist, or exists no more. */
export class LookupError extends EmulatorError {
  override name = "LookupError";
}

/** Something that a test waited for did not happen in time. */
export class ExpectationFailed extends EmulatorError {
  override name = "ExpectationFailed";
}

/** The emulator refused a request of this package; the message says why. */
export class RefusedError extends EmulatorError {
  override name = "RefusedError";

  constructor(
    message: string,
    /** The status of the answer. */
    readonly status: number,
    /** The kind of error, such as "operation_unknown"; "" if the answer names none. */
    readonly code: string,
  ) {
    super(message);
  }
}

/** Return ` (did you mean "x"?)` for the known word that is nearest, or "". */
export function closest(word: string, known: readonly string[]): string {
  const [best] = known
    .map((each) => ({ each, distance: distance(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= Math.max(1, Math.floor(each.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? "" : ` (did you mean ${JSON.stringify(best.each)}?)`;
}

/** Return how many letters must be put in, left out or replaced to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
