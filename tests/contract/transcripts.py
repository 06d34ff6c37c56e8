"""What a client received, in the notation of the table; and what is left of it as a record."""

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hume import HumeClient

from conformance.table import Connection
from conformance.values import differences
from tests.contract.conversations import Conversation, Json
from tests.contract.sounds import pieces_of_sound

EMOTIONS = 48


def line(message: Json) -> str | None:
    """A server message as the transcripts have it; None for sound and scores."""
    kind: str = message["type"]
    if kind in ("audio_output", "assistant_prosody"):
        return None
    session_id = message.get("custom_session_id")
    words = [kind, "" if session_id is None else f"[{session_id}]", *_words(kind, message)]
    return " ".join(word for word in words if word)


def _words(kind: str, message: Json) -> list[str]:
    if kind == "user_message":
        spoken = "" if message["from_text"] else "(spoken)"
        return ["(interim)" if message["interim"] else spoken, message["message"]["content"]]
    if kind == "assistant_message":
        quick = "(quick)" if message["is_quick_response"] else ""
        return [quick, "(input)" if message["from_text"] else "", message["message"]["content"]]
    if kind == "error":
        return [message["code"], message["slug"]]
    if kind == "tool_call":
        needed = "response required" if message["response_required"] else "no response required"
        return [message["name"], message["parameters"], f"{message['tool_type']}, {needed}"]
    if kind == "tool_response":
        return [message["tool_name"], message["content"]]
    return [message["error"]] if kind == "tool_error" else []


def transcript(messages: Sequence[Json], closed: int | None) -> list[str]:
    """What a client received; `closed`: the code with which the server closed, if it did."""
    lines = [text for text in map(line, messages) if text is not None]
    return lines if closed is None else [*lines, f"closed {closed}"]


def check_sentences(messages: Sequence[Json]) -> None:
    """Each sentence has sound in order, as WAV files, and its 48 scores; spoken users have too."""
    said = [each["id"] for each in messages if each["type"] == "assistant_message"]
    assert len(set(said)) == len(said)
    scored = [each for each in messages if each["type"] == "assistant_prosody"]
    assert [each["id"] for each in scored] == said
    speakers = [each for each in messages if each["type"] == "user_message"]
    for each in (*scored, *(each for each in speakers if not each["from_text"])):
        assert len(each["models"]["prosody"]["scores"]) == EMOTIONS
    assert not any(each["models"].get("prosody") for each in speakers if each["from_text"])
    for id in said:
        sound = [m for m in messages if m["type"] == "audio_output" and m["id"] == id]
        assert [each["index"] for each in sound] == list(range(len(sound)))
        assert sound
        assert {bytes_of_wav(each["data"]) > 0 for each in sound} == {True}
    after = [m["id"] for m in messages if m["type"] in ("assistant_message", "audio_output")]
    assert list(dict.fromkeys(after)) == said


def bytes_of_wav(data: str) -> int:
    """How much sound is in an audio_output: 16-bit mono at 48 kHz after 44 bytes of header."""
    wav = b64decode(data, validate=True)
    riff, size, kind = struct.unpack_from("<4sI8s", wav)
    layout = struct.unpack_from("<IHHIIHH4sI", wav, 16)
    assert (riff, size, kind) == (b"RIFF", len(wav) - 8, b"WAVEfmt ")
    assert layout == (16, 1, 1, 48000, 96000, 2, 16, b"data", len(wav) - 44)
    return len(wav) - 44


@contextmanager
def as_stated(
    conversation: Conversation | Connection, language: str, failure: type[Exception]
) -> Iterator[None]:
    """What a client cannot do must fail, in this way; if it doesn't, the table is wrong."""
    if language not in (conversation.cannot or {}):
        yield
        return
    with pytest.raises(failure):
        yield


def check_conversation(
    remote: httpx.Client, conversation: Conversation, messages: Sequence[Json], closed: int | None
) -> None:
    """The client received and sent what the table says, and the chat's record says the same."""
    assert transcript(messages, closed) == list(conversation.transcript)
    check_sentences(messages)
    check_frames(conversation.frames or {}, messages)
    if conversation.status is not None:
        check_history(remote, conversation, messages)
        check_sent(remote, conversation, messages, closed)


def check_frames(frames: Mapping[str, Json], messages: Sequence[Json]) -> None:
    """The first message of each of these types has just these fields."""
    for kind, expected in frames.items():
        found = [each for each in messages if each["type"] == kind]
        assert found, f"no {kind} came"
        problems = differences({"type": kind, **expected}, found[0], exact=True)
        assert not problems, "\n".join([kind, *problems])


def check_sent(
    remote: httpx.Client, conversation: Conversation, messages: Sequence[Json], closed: int | None
) -> None:
    """The client's frames are what the actions say, as the journal has them.

    Those after which the server closed may not all have been read.
    """
    for joined in (False, True):
        expected = [
            frame
            for action in conversation.actions
            if (action.get("from") == "joined") == joined
            for frame in _frames_of(action, messages)
        ]
        got = _journaled(remote, messages[0]["chat_id"], joined)
        if closed is not None:
            expected = expected[: len(got)]
        problems = differences(expected, got, exact=True, place="/sent")
        assert not problems, "\n".join(problems)


def _frames_of(action: Json, messages: Sequence[Json]) -> list[Any]:
    """The frames of the client that an action stands for, as the journal shows frames."""
    match action:
        case {"send": {"tool_call_id": "$tool_call_id"} as message}:
            calls = [each for each in messages if each["type"] == "tool_call"]
            return [{**message, "tool_call_id": calls[-1]["tool_call_id"]}]
        case {"send": message}:
            return [message]
        case {"audio": sound, "frames": "binary"}:
            return [{"type": "audio", "bytes": len(piece)} for piece in pieces_of_sound(sound)]
        case {"audio": sound}:
            sizes = [len(b64encode(piece)) for piece in pieces_of_sound(sound)]
            return [{"type": "audio_input", "data": f"({size} characters)"} for size in sizes]
        case {"frame": text}:
            return [_as_shown(text)]
        case _:
            return []


def _as_shown(text: str) -> Any:
    """A text frame as the journal has it: an object is read, and its sound only counted."""
    try:
        content = json.loads(text)
    except ValueError:
        return text
    if not isinstance(content, dict):
        return text
    if "data" in content:
        content["data"] = f"({len(content['data'])} characters)"
    return content


def _journaled(remote: httpx.Client, chat_id: str, joined: bool) -> list[Any]:
    """The frames of the client, or of one that joined."""
    query = {"kind": "frame", "chat_id": chat_id, "direction": "in", "audio": "each"}
    entries = remote.get("/_emulator/journal", params=query).json()["entries"]
    mine = [each for each in entries if "content" in each and each.get("joined", False) == joined]
    return [each["content"] for each in mine]


SAID = {"USER_MESSAGE": "user_message", "AGENT_MESSAGE": "assistant_message"}
ALWAYS = ("CHAT_START_MESSAGE", "SYSTEM_PROMPT", "ASSISTANT_PROSODY", "CHAT_END_MESSAGE")


def check_history(
    remote: httpx.Client, conversation: Conversation, messages: Sequence[Json]
) -> None:
    """The chat's record has its status, and says what the client heard."""
    status, events = finished_chat(remote, messages[0]["chat_id"])
    types = [each["type"] for each in events]
    assert status == conversation.status
    assert (types[0], types[-1]) == ("CHAT_START_MESSAGE", "CHAT_END_MESSAGE")
    assert [each for each in types if each not in (*SAID, *ALWAYS)] == list(conversation.marks)
    said = [each for each in messages if each["type"] in SAID.values() and not each.get("interim")]
    recorded = [each for each in events if each["type"] in SAID]
    for message, event in zip(said, recorded, strict=True):
        assert SAID[event["type"]] == message["type"]
        assert event["message_text"] == message["message"]["content"]
        if message["type"] == "assistant_message":
            assert event["id"].replace("-", "") == message["id"]
        elif message["from_text"]:
            assert event["emotion_features"] == ""
        else:
            assert len(json.loads(event["emotion_features"])) == EMOTIONS


def finished_chat(remote: httpx.Client, chat_id: str) -> tuple[str, list[Json]]:
    """The status and the events of a chat, once it is over, by the vendor's Python client."""
    chats = vendor_client(remote).empathic_voice.chats
    for _ in range(100):  # the server learns a moment later that a client has gone
        [status] = [each.status for each in chats.list_chats() if each.id == chat_id]
        if status != "ACTIVE":
            events = chats.list_chat_events(chat_id, page_size=100, ascending_order=True)
            return status, [json.loads(each.json()) for each in events]
    raise AssertionError("the chat does not end")


def vendor_client(remote: httpx.Client) -> HumeClient:
    """The vendor's client in the world of `remote`."""
    url, api_key = str(remote.base_url).rstrip("/"), remote.headers["X-Hume-Api-Key"]
    return HumeClient(base_url=url, api_key=api_key, httpx_client=remote)
