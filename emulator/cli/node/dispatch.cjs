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
const SENDERS = ["fetch", "WebSocket", "EventSource"];
/** Redirect what is dispatched to the service to the target of the moment, if there is one. */
function redirectDispatches(target) {
    const patched = new Map();
    const patch = () => {
        for (const dispatcher of dispatchers()) {
            if (!patched.has(dispatcher))
                patched.set(dispatcher, redirectDispatcher(dispatcher, target));
        }
    };
    patch();
    const global = globalThis;
    const senders = SENDERS.filter((name) => typeof global[name] === "function");
    // The program may set another dispatcher meanwhile, as undici 8 does when it is loaded.
    const watches = senders.map((name) => (0, patches_cjs_1.replace)(global, name, (original) => beforeUse(original, patch)));
    return () => [...watches, ...patched.values()].forEach((undo) => undo());
}
function redirectDispatcher(dispatcher, target) {
    return (0, patches_cjs_1.replace)(dispatcher, "dispatch", (original) => (sending, handler) => {
        const world = target();
        const isOurs = world !== undefined && isForService(sending.origin);
        return original.call(dispatcher, isOurs ? sendingTo(world, sending) : sending, handler);
    });
}
/** Return the dispatchers that this process shares. Test runners may hide them in another realm. */
function dispatchers() {
    const outer = vm.runInThisContext("globalThis");
    void outer["Request"]; // has Node load its undici, which makes the dispatcher
    return PLACES.map((place) => outer[place]).filter((each) => each !== undefined);
}
/** Return a function or class that does something before it is used. */
function beforeUse(original, act) {
    return new Proxy(original, {
        apply(called, self, given) {
            act();
            return Reflect.apply(called, self, given);
        },
        construct(made, given, newTarget) {
            act();
            return Reflect.construct(made, given, newTarget);
        },
    });
}
function isForService(origin) {
    return origin !== undefined && (0, target_cjs_1.isService)(new URL(origin).hostname);
}
function sendingTo(world, sending) {
    world.note?.();
    return {
        ...sending,
        origin: world.url.origin,
        path: (0, target_cjs_1.pathFor)(world, sending.path),
        headers: (0, target_cjs_1.headersFor)(world, sending.headers),
    };
}
