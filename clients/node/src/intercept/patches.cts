/** What takes a change back. */
export type Undo = () => void;

/** Replace a member of an object. Taking it back leaves alone what somebody else has put there since. */
export function replace<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
  wrap: (original: T[Name]) => T[Name],
): Undo {
  const before = Object.getOwnPropertyDescriptor(object, name);
  const wrapped = wrap(object[name]);
  object[name] = wrapped;
  return () => {
    if (object[name] !== wrapped) return;
    if (before === undefined) delete object[name];
    else Object.defineProperty(object, name, before);
  };
}
