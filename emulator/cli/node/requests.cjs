"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.redirectRequests = redirectRequests;
// Requests by node:http and node:https, which `ws`, node-fetch and axios use.
const http = require("node:http");
const https = require("node:https");
const target_cjs_1 = require("./target.cjs");
const patches_cjs_1 = require("./patches.cjs");
/** Redirect requests to the service to the target of the moment, if there is one. */
function redirectRequests(target) {
    const send = { "http:": http.request, "https:": https.request };
    const request = (original) => ((...given) => {
        const world = target();
        const [options, callback] = world === undefined || !given[0] ? [{}] : read(given);
        if (world === undefined || !(0, target_cjs_1.isService)(options.hostname || options.host)) {
            return original(...given);
        }
        return send[world.url.protocol](optionsFor(world, options), callback);
    });
    const undo = [];
    for (const module of [http, https]) {
        const patched = request(module.request);
        undo.push((0, patches_cjs_1.replace)(module, "request", () => patched));
        undo.push((0, patches_cjs_1.replace)(module, "get", () => ((...given) => {
            const sent = patched(...given);
            sent.end();
            return sent;
        })));
    }
    return () => undo.forEach((each) => each());
}
/** Return the options and the callback of a call, whichever of its forms was used. */
function read([input, second, third]) {
    const more = typeof second === "object" ? second : {};
    const callback = typeof second === "function" ? second : third;
    if (typeof input === "string")
        return [{ ...fromUrl(new URL(input)), ...more }, callback];
    if (isUrl(input))
        return [{ ...fromUrl(new URL(input.href)), ...more }, callback];
    return [input, callback];
}
/** True for a URL, also for one of another realm, such as that of jsdom. */
function isUrl(input) {
    return "href" in input && "searchParams" in input;
}
function fromUrl(url) {
    const { username, password } = url;
    return {
        hostname: url.hostname,
        path: url.pathname + url.search,
        ...(username || password ? { auth: decodeURIComponent(`${username}:${password}`) } : {}),
    };
}
/** Return the options of a request to a world; how the service would be connected to is left out. */
function optionsFor(world, options) {
    world.note?.();
    const { createConnection, socketPath, servername, ca, defaultPort, host, lookup, ...kept } = options;
    return {
        ...kept,
        agent: false, // a connection of its own, so that none is left open
        protocol: world.url.protocol,
        hostname: world.url.hostname.replace(/^\[|\]$/g, ""),
        port: world.url.port,
        path: (0, target_cjs_1.pathFor)(world, options.path ?? "/"),
        headers: (0, target_cjs_1.headersFor)(world, options.headers),
        ...(options.auth ? { auth: (0, target_cjs_1.basicFor)(world, options.auth) } : {}),
    };
}
