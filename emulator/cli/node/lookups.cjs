"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.refuseLookups = refuseLookups;
// Names of hosts: what was not redirected must not reach the service.
const dns = require("node:dns");
const target_cjs_1 = require("./target.cjs");
const patches_cjs_1 = require("./patches.cjs");
/** Fail connections to the service that were not redirected, with an error that `tell` is given. */
function refuseLookups(isOn, tell) {
    return (0, patches_cjs_1.replace)(dns, "lookup", (original) => {
        const lookup = (...given) => {
            const callback = given.at(-1);
            if (!isOn() || !(0, target_cjs_1.isService)(given[0]) || typeof callback !== "function") {
                return original(...given);
            }
            const error = notRedirected(String(given[0]));
            tell(error.message);
            process.nextTick(callback, error);
        };
        const traits = Object.getOwnPropertyDescriptors(original); // such as how it becomes a promise
        return Object.defineProperties(lookup, traits);
    });
}
function notRedirected(host) {
    const problem = `evi-emulator could not redirect a connection to ${host}, and has refused it: it redirects ` +
        "fetch, WebSocket, the package ws, node:http and node:https, but no HTTP/2, and no dispatcher or " +
        "proxy of your own";
    return Object.assign(new Error(problem), { code: "ERR_NOT_REDIRECTED", hostname: host });
}
