"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.replace = replace;
/** Replace a member of an object. Taking it back leaves alone what somebody else has put there since. */
function replace(object, name, wrap) {
    const before = Object.getOwnPropertyDescriptor(object, name);
    const wrapped = wrap(object[name]);
    object[name] = wrapped;
    return () => {
        if (object[name] !== wrapped)
            return;
        if (before === undefined)
            delete object[name];
        else
            Object.defineProperty(object, name, before);
    };
}
