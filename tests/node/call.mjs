// Calls the vendor's TypeScript client. Each line of the input is a call {url, apiKey, method, path,
// rest, pager}: the method's path on the client, the arguments that stand in the URL, the others, and
// the field with the items where the method returns a pager, whose pages are then all walked through.
// Each line of the output is what it came to: {value}, or {error, status, body}.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";
import { camel, camelWord } from "./names.mjs";

async function call({ url, apiKey, method, path, rest, pager }) {
  const client = new HumeClient({ environment: url, apiKey });
  const names = method.split(".");
  const name = names.pop();
  const part = names.reduce((found, each) => found[each], client);
  const answer = await part[name](...path, ...(rest === null ? [] : [camel(rest)]));
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
