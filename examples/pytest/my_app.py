"""An app under test: a voice assistant that knows the weather, and a handler of webhooks."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from websockets.asyncio.client import connect

WEATHER_TOOL = {
    "type": "function",
    "name": "get_current_weather",
    "parameters": '{"type": "object", "properties": {"location": {"type": "string"}}}',
}
KNOWN = {"Oslo": {"celsius": -4, "sky": "snow"}}


async def converse(url: str, api_key: str, questions: list[str]) -> list[str]:
    """Ask one question after the other. What the assistant said, sentence by sentence."""
    said: list[str] = []
    async with connect(f"{url}?api_key={api_key}", max_queue=None, proxy=None) as socket:
        await socket.send(json.dumps({"type": "session_settings", "tools": [WEATHER_TOOL]}))
        for question in questions:
            await socket.send(json.dumps({"type": "user_input", "text": question}))
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "assistant_message":
                    said.append(message["message"]["content"])
                elif message["type"] == "tool_call":
                    await socket.send(json.dumps(answer_tool_call(message)))
                elif message["type"] == "assistant_end":
                    break
    return said


def answer_tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    place = json.loads(call["parameters"]).get("location")
    answer: dict[str, Any] = {"tool_call_id": call["tool_call_id"]}
    if place in KNOWN:
        return {**answer, "type": "tool_response", "content": json.dumps(KNOWN[place])}
    return {**answer, "type": "tool_error", "error": f"No weather is known for {place}."}


def is_genuine(headers: Mapping[str, str], body: bytes, key: str) -> bool:
    """Whether a webhook comes from who knows the key."""
    timestamp = headers.get("X-Hume-AI-Webhook-Timestamp", "")
    given = headers.get("X-Hume-AI-Webhook-Signature", "")
    good = hmac.new(key.encode(), body + b"." + timestamp.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode(), good.encode())


class WebhookHandler(BaseHTTPRequestHandler):
    """Files each call that ended, once, however often it is told."""

    key: ClassVar[str]
    calls: ClassVar[dict[str, int]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if is_genuine(dict(self.headers), body, self.key):
            event = json.loads(body)
            if event["event_name"] == "chat_ended":
                self.calls.setdefault(event["chat_id"], event["duration_seconds"])
            self.send_response(200)
        else:
            self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass
