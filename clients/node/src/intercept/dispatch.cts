// What Node's own fetch, WebSocket and EventSource send, and undici's, if the program has it. They
// share one dispatcher, so that whoever has kept a reference to `fetch` is redirected, too.
import vm = require("node:vm");
import { headersFor, isService, pathFor, type Headers, type Target } from "./target.cjs";
import { replace, type Undo } from "./patches.cjs";

interface Sending extends Record<string, unknown> {
  origin?: string | URL | undefined;
  path: string;
  headers?: Headers | null | undefined;
}

interface Dispatcher {
  dispatch(sending: Sending, handler: unknown): boolean;
}

type Global = Record<string | symbol, unknown>;

// Where the versions of undici keep the dispatcher that all share.
const PLACES = ["undici.globalDispatcher.2", "undici.globalDispatcher.1"].map((name) => Symbol.for(name));
const SENDERS = ["fetch", "WebSocket", "EventSource"];

/** Redirect what is dispatched to the service to the target of the moment, if there is one. */
export function redirectDispatches(target: () => Target | undefined): Undo {
  const patched = new Map<Dispatcher, Undo>();
  const patch = (): void => {
    for (const dispatcher of dispatchers()) {
      if (!patched.has(dispatcher)) patched.set(dispatcher, redirectDispatcher(dispatcher, target));
    }
  };
  patch();
  const global = globalThis as unknown as Global;
  const senders = SENDERS.filter((name) => typeof global[name] === "function");
  // The program may set another dispatcher meanwhile, as undici 8 does when it is loaded.
  const watches = senders.map((name) =>
    replace(global, name, (original) => beforeUse(original as typeof fetch, patch)),
  );
  return () => [...watches, ...patched.values()].forEach((undo) => undo());
}

function redirectDispatcher(dispatcher: Dispatcher, target: () => Target | undefined): Undo {
  return replace(dispatcher, "dispatch", (original) => (sending, handler) => {
    const world = target();
    const isOurs = world !== undefined && isForService(sending.origin);
    return original.call(dispatcher, isOurs ? sendingTo(world, sending) : sending, handler);
  });
}

/** Return the dispatchers that this process shares. Test runners may hide them in another realm. */
function dispatchers(): Dispatcher[] {
  const outer = vm.runInThisContext("globalThis") as Global;
  void outer["Request"]; // has Node load its undici, which makes the dispatcher
  return PLACES.map((place) => outer[place]).filter((each) => each !== undefined) as Dispatcher[];
}

/** Return a function or class that does something before it is used. */
function beforeUse<T extends Function>(original: T, act: () => void): T {
  return new Proxy(original, {
    apply(called, self, given) {
      act();
      return Reflect.apply(called, self, given) as unknown;
    },
    construct(made, given, newTarget) {
      act();
      return Reflect.construct(made, given, newTarget) as object;
    },
  });
}

function isForService(origin: string | URL | undefined): boolean {
  return origin !== undefined && isService(new URL(origin).hostname);
}

function sendingTo(world: Target, sending: Sending): Sending {
  world.note?.();
  return {
    ...sending,
    origin: world.url.origin,
    path: pathFor(world, sending.path),
    headers: headersFor(world, sending.headers),
  };
}
