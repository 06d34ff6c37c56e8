// Names of hosts: what was not redirected must not reach the service.
import dns = require("node:dns");
import { isService } from "./target.cjs";
import { replace, type Undo } from "./patches.cjs";

type Callback = (error: Error) => void;

/** Fail connections to the service that were not redirected, with an error that `tell` is given. */
export function refuseLookups(isOn: () => boolean, tell: (problem: string) => void): Undo {
  return replace(dns, "lookup", (original) => {
    const lookup = (...given: unknown[]): void => {
      const callback = given.at(-1);
      if (!isOn() || !isService(given[0]) || typeof callback !== "function") {
        return (original as (...given: unknown[]) => void)(...given);
      }
      const error = notRedirected(String(given[0]));
      tell(error.message);
      process.nextTick(callback as Callback, error);
    };
    const traits = Object.getOwnPropertyDescriptors(original); // such as how it becomes a promise
    return Object.defineProperties(lookup, traits) as unknown as typeof original;
  });
}

function notRedirected(host: string): Error {
  const problem =
    `evi-emulator could not redirect a connection to ${host}, and has refused it: it redirects ` +
    "fetch, WebSocket, the package ws, node:http and node:https, but no HTTP/2, and no dispatcher or " +
    "proxy of your own";
  return Object.assign(new Error(problem), { code: "ERR_NOT_REDIRECTED", hostname: host });
}
