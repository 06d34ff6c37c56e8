"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.redirectDispatches = redirectDispatches;
// What Node's own fetch, WebSocket and EventSource send, and undici's, if the program has it. They
// share one dispatcher, so that whoever has kept a reference to `fetch` is redirected, too.
const vm = require("node:vm");
const target_cjs_1 = require("./target.cjs");
const patches_cjs_1 = require("./patches.cjs");
// Where the versions of undici keep the dispatcher that all share.
const PLACES = ["undici.globalDispatcher.2", "undici.globalDispatcher.1"].map((name) => Symbol.for(name));
/** Redirect what is dispatched to the service to the target of the moment, if there is one. */
function redirectDispatches(target) {
    const undo = dispatchers().map((dispatcher) => (0, patches_cjs_1.replace)(dispatcher, "dispatch", (original) => (sending, handler) => {
        const world = target();
        const isOurs = world !== undefined && isForService(sending.origin);
        return original.call(dispatcher, isOurs ? sendingTo(world, sending) : sending, handler);
    }));
    return () => undo.forEach((each) => each());
}
/** Return the dispatchers that this process shares. Test runners may hide them in another realm. */
function dispatchers() {
    const outer = vm.runInThisContext("globalThis");
    void outer["Request"]; // has Node load its undici, which makes the dispatcher
    return PLACES.map((place) => outer[place]).filter((each) => each !== undefined);
}
function isForService(origin) {
    return origin !== undefined && (0, target_cjs_1.isService)(new URL(origin).hostname);
}
function sendingTo(world, sending) {
    return {
        ...sending,
        origin: world.url.origin,
        path: (0, target_cjs_1.pathFor)(world, sending.path),
        headers: (0, target_cjs_1.headersFor)(world, sending.headers),
    };
}
