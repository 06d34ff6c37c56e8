/** A name such as "config_id" as "configId". */
export type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** An object with its own names in camel case; what lies deeper keeps the names of the API. */
export type CamelKeys<T> = { [Key in keyof T as Key extends string ? Camel<Key> : Key]: T[Key] };

/** Return a name such as "configId" as "config_id". */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Return an object with its own names as the emulator spells them, without what is undefined. */
export function snakeKeys(given: object): Record<string, unknown> {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [snake(name), value]));
}
