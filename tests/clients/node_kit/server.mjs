// A server that has one key for its life, and makes a config when it is asked to.
import { createServer } from "node:http";

const { HUME_BASE_URL, HUME_API_KEY, PORT_OF_SERVER } = process.env;

createServer(async (request, response) => {
  if (request.url !== "/make") return response.end("ok");
  const answer = await fetch(`${HUME_BASE_URL}/v0/evi/configs`, {
    method: "POST",
    headers: { "X-Hume-Api-Key": HUME_API_KEY, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "By the server", evi_version: "3" }),
  });
  return response.end(String(answer.status));
}).listen(Number(PORT_OF_SERVER), "127.0.0.1");
