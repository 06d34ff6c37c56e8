"""What a program does with the vendor's Python package, in whichever version runs this.

The input is {url, key, do, ...}; the output is what the client made of it, in the words of the API:

    do "calls", with `bodies` by kind   creates, lists and gets one of each kind
    do "chat", with `text`, `token`     says the text, answers tool calls, receives until the end;
                                        with a `token` the client shows one in place of the key
    do "history", with `chat_id`        lists chats, and the events of that one
"""

import asyncio
import json
import sys
from base64 import b64decode
from typing import Any

from hume import AsyncHumeClient, HumeClient
from hume.empathic_voice import ToolResponseMessage, UserInput

TIMEOUT_S = 20

Json = dict[str, Any]


def calls(evi: Any, bodies: Json) -> Json:
    found = {}
    for kind, body in bodies.items():
        part = getattr(evi, f"{kind}s")
        created = getattr(part, f"create_{kind}")(**body)
        listed = [each.name for each in getattr(part, f"list_{kind}s")()]
        got = getattr(part, f"get_{kind}_version")(created.id, created.version)
        found[kind] = {"id": created.id, "listed": listed, "got": got.name}
    return found


def history(evi: Any, chat_id: str) -> Json:
    return {
        "chats": [each.id for each in evi.chats.list_chats()],
        "events": [each.type for each in evi.chats.list_chat_events(chat_id)],
    }


def seen(message: Any) -> Json:
    """Return the parts of a message that a program looks at."""
    shown: Json = {"type": message.type}
    if getattr(message, "models", None) is not None:
        prosody = message.models.prosody
        shown["scores"] = 0 if prosody is None else len(json.loads(prosody.scores.json()))
    if message.type == "audio_output":
        shown["sound"] = b64decode(message.data)[:4].decode()
    if getattr(message, "message", None) is not None and message.type != "error":
        shown["text"] = message.message.content
    return shown


async def chat(client: Any, text: str, token: str | None) -> list[Json]:
    # An older client that is told a secret fetches a token by itself.
    options = {"options": {"secret_key": "any"}} if token else {}
    async with client.empathic_voice.chat.connect(**options) as socket:
        await say(socket, UserInput(text=text))
        messages: list[Json] = []
        while not messages or messages[-1]["type"] != "assistant_end":
            try:
                message = await asyncio.wait_for(socket.recv(), TIMEOUT_S)
            except ValueError as error:  # of a message that this version does not know
                messages.append({"type": "unreadable", "text": str(error)})
            else:
                messages.append(seen(message))
                if message.type == "tool_call":
                    answer = ToolResponseMessage(tool_call_id=message.tool_call_id, content="snow")
                    await say(socket, answer)
    return messages


async def say(socket: Any, message: UserInput | ToolResponseMessage) -> None:
    if hasattr(socket, "send_publish"):
        await socket.send_publish(message)
    elif isinstance(message, UserInput):
        await socket.send_user_input(message)
    else:
        await socket.send_tool_response(message)


def main() -> None:
    given = json.load(sys.stdin)
    options = {"base_url": given["url"], "api_key": given["key"]}
    if given["do"] == "chat":
        client = AsyncHumeClient(**options)
        result: Any = asyncio.run(chat(client, given["text"], given.get("token")))
    elif given["do"] == "calls":
        result = calls(HumeClient(**options).empathic_voice, given["bodies"])
    else:
        result = history(HumeClient(**options).empathic_voice, given["chat_id"])
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
