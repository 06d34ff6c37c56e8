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

// Where the versions of undici keep the dispatcher that all share.
const PLACES = ["undici.globalDispatcher.2", "undici.globalDispatcher.1"].map((name) => Symbol.for(name));

/** Redirect what is dispatched to the service to the target of the moment, if there is one. */
export function redirectDispatches(target: () => Target | undefined): Undo {
  const undo = dispatchers().map((dispatcher) =>
    replace(dispatcher, "dispatch", (original) => (sending, handler) => {
      const world = target();
      const isOurs = world !== undefined && isForService(sending.origin);
      return original.call(dispatcher, isOurs ? sendingTo(world, sending) : sending, handler);
    }),
  );
  return () => undo.forEach((each) => each());
}

/** Return the dispatchers that this process shares. Test runners may hide them in another realm. */
function dispatchers(): Dispatcher[] {
  const outer = vm.runInThisContext("globalThis") as Record<string | symbol, unknown>;
  void outer["Request"]; // has Node load its undici, which makes the dispatcher
  return PLACES.map((place) => outer[place]).filter((each) => each !== undefined) as Dispatcher[];
}

function isForService(origin: string | URL | undefined): boolean {
  return origin !== undefined && isService(new URL(origin).hostname);
}

function sendingTo(world: Target, sending: Sending): Sending {
  return {
    ...sending,
    origin: world.url.origin,
    path: pathFor(world, sending.path),
    headers: headersFor(world, sending.headers),
  };
}
