// An app under test: it asks an assistant, knows the weather, and takes webhooks.

import { createHmac, timingSafeEqual } from "node:crypto";

const WEATHER = { Oslo: { celsius: -4, sky: "snow" } };
const WEATHER_TOOL = {
  type: "function",
  name: "get_current_weather",
  parameters: '{"type": "object", "properties": {"location": {"type": "string"}}}',
};

// The names of all configs; a service that is busy is asked once more.
export async function configNames(baseUrl, apiKey) {
  for (const lastTry of [false, true]) {
    const answer = await fetch(`${baseUrl}/v0/evi/configs`, { headers: { "X-Hume-Api-Key": apiKey } });
    if (answer.ok) return (await answer.json()).configs_page.map((config) => config.name);
    await answer.body.cancel();
    if (lastTry) throw new Error(`the service answered ${answer.status}`);
  }
}

// What the assistant says to a question.
export function converse(baseUrl, apiKey, question) {
  const said = [];
  const url = `${baseUrl.replace("http", "ws")}/v0/evi/chat?api_key=${apiKey}`;
  const socket = new WebSocket(url);
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => {
    send({ type: "session_settings", tools: [WEATHER_TOOL] });
    send({ type: "user_input", text: question });
  };
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onclose = () => resolve(said);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "assistant_message") said.push(message.message.content);
      if (message.type === "tool_call") send(answerToolCall(message));
      if (message.type === "assistant_end") socket.close(1000);
    };
  });
}

function answerToolCall({ tool_call_id, parameters }) {
  const content = JSON.stringify(WEATHER[JSON.parse(parameters).location]);
  return { type: "tool_response", tool_call_id, content };
}

// The status that a webhook is answered with.
export function takeWebhook(headers, body, key) {
  const timestamp = headers["x-hume-ai-webhook-timestamp"] ?? "";
  const given = Buffer.from(headers["x-hume-ai-webhook-signature"] ?? "");
  const good = Buffer.from(createHmac("sha256", key).update(`${body}.${timestamp}`).digest("hex"));
  return given.length === good.length && timingSafeEqual(given, good) ? 200 : 401;
}
