"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
/**
 * Redirects what a program sends to the service, by the environment that `evi.env` has:
 * `NODE_OPTIONS="--import evi-emulator/intercept" node app.js`.
 */
const node_fs_1 = require("node:fs");
const redirect_cjs_1 = require("./redirect.cjs");
const target_cjs_1 = require("./target.cjs");
function preload() {
    const { HUME_BASE_URL: given = "", HUME_API_KEY: apiKey = "" } = process.env;
    if (!given)
        return tell("HUME_BASE_URL is not set, so nothing is redirected");
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
        return tell(`HUME_BASE_URL must be a URL such as http://127.0.0.1:8484, got ${JSON.stringify(given)}; nothing is redirected`);
    }
    if ((0, target_cjs_1.isService)(url.host))
        return tell(`HUME_BASE_URL is the service itself, so nothing is redirected`);
    if (!apiKey)
        return tell("HUME_API_KEY is not set, so nothing is redirected: it names the world");
    (0, redirect_cjs_1.redirect)({ url, apiKey, note: () => write("redirected\tNode") }, refuse);
}
function refuse(problem) {
    tell(problem);
    write(`refused\t${problem}`);
}
function tell(problem) {
    process.stderr.write(`evi-emulator/intercept: ${problem}\n`);
}
/** Add a line to the file that `evi-emulator exec` reads at the end, if it is the one that runs this. */
function write(line) {
    const { EVI_EMULATOR_REDIRECTIONS: path } = process.env;
    if (!path)
        return;
    try {
        (0, node_fs_1.appendFileSync)(path, `${line}\n`);
    }
    catch {
        // a program that can't write it goes on
    }
}
preload();
