"""A service that prints what was said in each chat as soon as the chat is over.

Run it with the port to listen on, and name its URL as a webhook for `chat_ended` in a config.
"""

import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from hume import HumeClient

SPEAKERS = {"USER_MESSAGE": "user", "AGENT_MESSAGE": "assistant"}

client = HumeClient(api_key=os.environ["HUME_API_KEY"])
signing_key = os.environ["HUME_WEBHOOK_SIGNING_KEY"].encode()


def is_genuine(body: bytes, timestamp: str, signature: str) -> bool:
    expected = hmac.new(signing_key, body + b"." + timestamp.encode(), hashlib.sha256)
    return hmac.compare_digest(expected.hexdigest(), signature)


def print_transcript(chat_id: str) -> None:
    for event in client.empathic_voice.chats.list_chat_events(chat_id, ascending_order=True):
        if event.type in SPEAKERS:
            print(f"{SPEAKERS[event.type]}: {event.message_text}", flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        timestamp = self.headers.get("X-Hume-AI-Webhook-Timestamp", "")
        signature = self.headers.get("X-Hume-AI-Webhook-Signature", "")
        genuine = is_genuine(body, timestamp, signature)
        self.send_response(200 if genuine else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()
        event = json.loads(body) if genuine else {}
        if event.get("event_name") == "chat_ended":
            print_transcript(event["chat_id"])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Print transcripts alone."""


if __name__ == "__main__":
    with HTTPServer(("localhost", int(sys.argv[1])), Handler) as server:
        print(f"Webhooks go to http://localhost:{server.server_port}/", flush=True)
        server.serve_forever()
