"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Interception = void 0;
exports.redirect = redirect;
// Has what this process sends to the service reach a world. Needs nothing but Node.
const node_module_1 = require("node:module");
const dispatch_cjs_1 = require("./dispatch.cjs");
const lookups_cjs_1 = require("./lookups.cjs");
const requests_cjs_1 = require("./requests.cjs");
/** A redirection, which can be taken back. */
class Interception {
    #restore;
    /** Use `evi.intercept()`. */
    constructor(restore) {
        this.#restore = restore;
    }
    /** Let requests to the service go where they went before. */
    restore() {
        this.#restore();
    }
    /** Take it back at the end of a `using` block. */
    [Symbol.dispose]() {
        this.restore();
    }
}
exports.Interception = Interception;
const targets = []; // the last one counts
let undo = [];
/**
 * Redirect what this process sends to the service to a world; of several, to the last.
 *
 * `tell` is given what could not be redirected, which fails.
 */
function redirect(target, tell = () => { }) {
    targets.push(target);
    if (targets.length === 1)
        install(tell);
    return new Interception(() => {
        const at = targets.indexOf(target);
        if (at < 0)
            return;
        targets.splice(at, 1);
        if (targets.length === 0)
            uninstall();
    });
}
function install(tell) {
    const last = () => targets.at(-1);
    undo = [
        (0, requests_cjs_1.redirectRequests)(last),
        (0, dispatch_cjs_1.redirectDispatches)(last),
        (0, lookups_cjs_1.refuseLookups)(() => targets.length > 0, tell),
    ];
    (0, node_module_1.syncBuiltinESMExports)();
}
function uninstall() {
    undo.forEach((each) => each());
    undo = [];
    (0, node_module_1.syncBuiltinESMExports)();
}
