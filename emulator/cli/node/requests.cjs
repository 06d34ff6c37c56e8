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
    const agents = new Agents();
    const request = (original) => ((...given) => {
        const world = target();
        const [options, callback] = read(given);
        if (world === undefined || !(0, target_cjs_1.isService)(options.hostname ?? options.host)) {
            return original(...given);
        }
        const changed = { ...optionsFor(world, options), agent: agents.of(world) };
        return send[world.url.protocol](changed, callback);
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
    return () => {
        undo.forEach((each) => each());
        agents.close();
    };
}
/** Return the options and the callback of a call, whichever of its forms was used. */
function read([input, second, third]) {
    const more = typeof second === "object" ? second : {};
    const callback = typeof second === "function" ? second : third;
    if (typeof input === "string")
        return [{ ...fromUrl(new URL(input)), ...more }, callback];
    if (input instanceof URL)
        return [{ ...fromUrl(input), ...more }, callback];
    return [input, callback];
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
    const { createConnection, socketPath, servername, ca, defaultPort, host, lookup, ...kept } = options;
    return {
        ...kept,
        protocol: world.url.protocol,
        hostname: world.url.hostname.replace(/^\[|\]$/g, ""),
        port: world.url.port,
        path: (0, target_cjs_1.pathFor)(world, options.path ?? "/"),
        headers: (0, target_cjs_1.headersFor)(world, options.headers),
        ...(options.auth ? { auth: (0, target_cjs_1.basicFor)(world, options.auth) } : {}),
    };
}
/** Connections to worlds, which end with the redirection. */
class Agents {
    #agents = new Map();
    of({ url }) {
        const known = this.#agents.get(url.origin);
        if (known !== undefined)
            return known;
        const options = { keepAlive: true };
        const agent = url.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
        this.#agents.set(url.origin, agent);
        return agent;
    }
    close() {
        this.#agents.forEach((agent) => agent.destroy());
        this.#agents.clear();
    }
}
