"""A custom language model for EVI: chat completions as an event stream.

Run it with `python server.py 8000`. `reply` is where your own model goes.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Message = dict[str, Any]

KEY = os.environ.get("CLM_KEY", "")  # what clients set as language_model_api_key; '' for none
GREETING_REQUEST = "Speak your greeting to the user."
PAUSE_S = float(os.environ.get("CLM_PAUSE_S", "0"))  # between words, as a model makes them


async def reply(messages: list[Message], session_id: str) -> AsyncIterator[str]:
    """Yield the answer's words: a sentence about what the user said, and how."""
    user = next((each for each in reversed(messages) if each["role"] == "user"), None)
    for word in sentence(messages, user).split():
        yield f"{word} "
        await asyncio.sleep(PAUSE_S)


def sentence(messages: list[Message], user: Message | None) -> str:
    """Return what to say."""
    text = (user or {}).get("content") or ""
    if messages and messages[-1]["role"] == "tool":
        weather = json.loads(messages[-1]["content"])
        return f"It has {weather['celsius']} degrees, with {weather['sky']}."
    if text.strip() == GREETING_REQUEST:
        return "Hello! I am your assistant."
    if user is None or not text.strip():
        return ""  # the stream has [DONE] alone, so EVI says nothing
    words = text.removeprefix(GREETING_REQUEST).strip()
    feeling = strongest(user)
    return f"You said: {words}" + (f" I hear {feeling.lower()} in it." if feeling else "")


def strongest(message: Message) -> str | None:
    """Return the strongest expression; what is typed has none."""
    prosody = (message.get("models") or {}).get("prosody")
    return max(prosody["scores"], key=prosody["scores"].get) if prosody else None


def wanted_tool(body: dict[str, Any]) -> Message | None:
    """Return the tool to call: the weather's, if it is offered and the user asks for it."""
    last = body["messages"][-1]
    names = [each["function"]["name"] for each in body.get("tools", [])]
    if "get_current_weather" not in names or last["role"] != "user":
        return None
    if "weather" not in last["content"].lower():
        return None
    arguments = json.dumps({"location": "Oslo"})
    return {"name": "get_current_weather", "arguments": arguments}


async def events(body: dict[str, Any], session_id: str) -> AsyncIterator[str]:
    """Yield the events of an answer; once the client is gone, it is cancelled."""
    tool = wanted_tool(body)
    if tool is not None:
        call = {"index": 0, "id": f"call_{secrets.token_hex(8)}", "type": "function"}
        yield event(body, session_id, {"tool_calls": [{**call, "function": tool}]}, "tool_calls")
    else:
        async for words in reply(body["messages"], session_id):
            yield event(body, session_id, {"role": "assistant", "content": words})
        yield event(body, session_id, {}, "stop")
    yield "data: [DONE]\n\n"


def event(
    body: dict[str, Any], session_id: str, delta: dict[str, Any], finish: str | None = None
) -> str:
    """Return one chunk. The fingerprint names the chat, and comes back with each request."""
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body.get("model", "default"),
        "system_fingerprint": session_id,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk)}\n\n"


async def completions(request: Request) -> Response:
    """Answer one turn of a chat."""
    given = request.headers.get("authorization", "")
    if KEY and not secrets.compare_digest(given.encode(), f"Bearer {KEY}".encode()):
        return JSONResponse({"error": {"message": "wrong key"}}, 401)
    session_id = request.query_params.get("custom_session_id") or secrets.token_hex(16)
    body = await request.json()
    return StreamingResponse(events(body, session_id), media_type="text/event-stream")


app = Starlette(routes=[Route("/chat/completions", completions, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
