import { isDeepStrictEqual } from "node:util";

/** What Vitest's and Jest's `expect.stringContaining("x")`, `expect.any(Number)` and so on are. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
}

function isMatcher(value: unknown): value is AsymmetricMatcher {
  return isObject(value) && typeof (value as Partial<AsymmetricMatcher>).asymmetricMatch === "function";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** True for a plain object, with fields to look into. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value) && !(value instanceof RegExp) && !isMatcher(value);
}

/**
 * True if a value is as wanted: equal, found by a regular expression, or taken by a matcher such as
 * `expect.stringContaining("x")`, at any depth.
 */
export function equals(wanted: unknown, got: unknown): boolean {
  if (isMatcher(wanted)) return wanted.asymmetricMatch(got);
  if (wanted instanceof RegExp) return typeof got === "string" && got.search(wanted) >= 0;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got) || got.length !== wanted.length) return false;
    return wanted.every((each, index) => equals(each, got[index]));
  }
  if (isPlain(wanted)) {
    if (!isPlain(got) || Object.keys(got).length !== Object.keys(wanted).length) return false;
    return Object.entries(wanted).every(([name, value]) => name in got && equals(value, got[name]));
  }
  return isDeepStrictEqual(wanted, got);
}

/** Fields that something must have; a value may be a matcher or a regular expression. */
export type Fields = Record<string, unknown>;

/** True if every wanted field is there and as wanted. */
export function matches(wanted: Fields, got: unknown): boolean {
  if (!isObject(got)) return false;
  return Object.entries(wanted).every(([name, value]) => name in got && equals(value, got[name]));
}
