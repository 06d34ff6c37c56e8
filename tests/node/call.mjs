// Calls the vendor's TypeScript client. Each line of the input is a call {url, apiKey, method, path,
// rest, pager, upload, answers}: the method's path on the client, the arguments that stand in the URL,
// the others, and the field with the items where the method returns a pager, whose pages are then all
// walked through. `upload` is an argument that is a file, {name, content}, with the content in base64;
// `answers` is "lines" where the method returns a stream of objects, "file" where it returns a file.
// Each line of the output is what it came to: {value}, or {error, status, body}.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";
import { camel, camelWord } from "./names.mjs";

async function call({ url, apiKey, method, path, rest, pager, upload, answers }) {
  const client = new HumeClient({ environment: url, apiKey });
  const names = method.split(".");
  const name = names.pop();
  const part = names.reduce((found, each) => found[each], client);
  const given = rest === null ? [] : [camel(rest)];
  if (upload) given[0][upload.name] = new Blob([Buffer.from(upload.content, "base64")]);
  const answer = await part[name](...path, ...given);
  if (answers === "file") {
    return { value: Buffer.from(await answer.arrayBuffer()).toString("base64") };
  }
  if (answers === "lines") {
    const lines = [];
    for await (const line of answer) lines.push(line);
    return { value: lines };
  }
  if (pager === null) return { value: answer ?? null };
  const first = { ...answer.response }; // walking on changes it
  const items = [];
  for await (const item of answer) items.push(item);
  return { value: { ...first, [camelWord(pager)]: items } };
}

function refusal(error) {
  return { error: error.constructor.name, status: error.statusCode ?? null, body: error.body ?? error.message };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line)).catch(refusal)));
}
