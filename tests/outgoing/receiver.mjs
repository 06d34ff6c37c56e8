// A webhook receiver that judges what it gets as Hume's documentation tells receivers to.
// The signing key is in RECEIVER_KEY. Prints its port; GET /log lists what came; ends with stdin.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const WINDOW_S = 180;
const key = process.env.RECEIVER_KEY;
const log = [];

function judge(timestamp, signature, body) {
  if (!timestamp || !signature) return "headers missing";
  const signed = Buffer.concat([body, Buffer.from(`.${timestamp}`)]);
  const expected = Buffer.from(createHmac("sha256", key).update(signed).digest("hex"));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return "signature wrong";
  }
  const age = Math.floor(Date.now() / 1000) - Number(timestamp);
  return Math.abs(age) > WINDOW_S ? "timestamp stale" : "valid";
}

const server = createServer(async (request, response) => {
  if (request.method === "GET") {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(log));
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const timestamp = request.headers["x-hume-ai-webhook-timestamp"] ?? null;
  const signature = request.headers["x-hume-ai-webhook-signature"] ?? null;
  const verdict = judge(timestamp, signature, body);
  log.push({ path: request.url, timestamp, signature, body: body.toString("base64"), verdict });
  response.statusCode = verdict === "valid" ? 200 : 401;
  response.end(verdict);
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
