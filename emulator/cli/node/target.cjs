"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.SERVICE_HOSTS = void 0;
exports.isService = isService;
exports.pathFor = pathFor;
exports.headersFor = headersFor;
exports.basicFor = basicFor;
/** The hosts of the service, which apps ask without being told otherwise. */
exports.SERVICE_HOSTS = ["api.hume.ai", "api.cloud.hume.ai"];
const KEY_IN_QUERY = /([?&]api_?key=)[^&#]*/gi;
const BASIC = /^Basic\s+(\S+)$/i;
/** True for a host of the service, with or without a port. */
function isService(host) {
    if (typeof host !== "string")
        return false;
    return exports.SERVICE_HOSTS.includes(host.replace(/\.?(:\d+)?$/, "").toLowerCase());
}
/** Return a path and query with the world's key in place of another. */
function pathFor(target, path) {
    const key = encodeURIComponent(target.apiKey);
    return target.url.pathname.replace(/\/$/, "") + path.replace(KEY_IN_QUERY, (_, name) => name + key);
}
/**
 * Return headers with the world's key in place of another, and without the service's name.
 *
 * Access tokens stay: those that the token route gives out, which is redirected too, are the world's.
 */
function headersFor(target, headers) {
    const changed = {};
    for (const [name, value] of pairs(headers)) {
        const known = name.toLowerCase();
        if (known === "host" || value === undefined)
            continue;
        if (known === "x-hume-api-key")
            changed[name] = target.apiKey;
        else if (known === "authorization")
            changed[name] = authorizationFor(target, String(value));
        else
            add(changed, name, value);
    }
    return changed;
}
/** Return "key:secret" with the world's key. */
function basicFor(target, credentials) {
    return target.apiKey + credentials.replace(/^[^:]*/, "");
}
function authorizationFor(target, value) {
    const encoded = BASIC.exec(value)?.[1];
    if (encoded === undefined)
        return value;
    const given = Buffer.from(encoded, "base64").toString();
    return `Basic ${Buffer.from(basicFor(target, given)).toString("base64")}`;
}
function add(headers, name, value) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat().map(String);
}
function* pairs(headers) {
    if (headers === null || headers === undefined)
        return;
    if (!(Symbol.iterator in headers)) {
        yield* Object.entries(headers);
        return;
    }
    const items = [...headers];
    if (items.every((item) => Array.isArray(item))) {
        for (const [name, value] of items)
            yield [name, value];
    }
    else {
        for (let at = 0; at + 1 < items.length; at += 2)
            yield [String(items[at]), items[at + 1]];
    }
}
