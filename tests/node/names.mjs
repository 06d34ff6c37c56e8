// From the wire's names to those that the vendor's TypeScript client takes.

const AS_THEY_ARE = new Set(["variables", "metadata"]); // whose keys are the user's own

// From snake_case to camelCase. An array stays an array.
export function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value).map(([key, item]) => [
    camelWord(key),
    AS_THEY_ARE.has(key) ? item : camel(item),
  ]);
  return Object.fromEntries(pairs);
}

export function camelWord(word) {
  return word.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}
