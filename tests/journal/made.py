"""Entries made by hand."""

from typing import Any

from emulator.journal.entries import (
    EarsEntry,
    FrameEntry,
    HttpEntry,
    ModelEntry,
    VoiceEntry,
    WebhookEntry,
)


def http_entry(**given: Any) -> HttpEntry:
    """Make the entry of a request that was answered with 200 and an empty body."""
    fields = {
        "operation": "list-configs",
        "method": "GET",
        "path": "/v0/evi/configs",
        "query": b"",
        "status": 200,
        "duration_ms": 1.5,
        "request_headers": b"",
        "request": b"",
        "response": b"",
    }
    return HttpEntry(**{**fields, **given})


def frame_entry(**given: Any) -> FrameEntry:
    """Make the entry of a client's frame."""
    return FrameEntry(**{"chat_id": "c", "direction": "in", **given})


def webhook_entry(**given: Any) -> WebhookEntry:
    """Make the entry of a webhook's first attempt, which was answered with 200."""
    fields = {
        "delivery_id": "d",
        "event_name": "chat_started",
        "chat_id": "c",
        "url": "https://a.example/hook",
        "number": 1,
        "status": 200,
        "error": None,
        "duration_ms": 2,
        "faults": [],
    }
    return WebhookEntry(**{**fields, **given})


def ears_entry(**given: Any) -> EarsEntry:
    """Make the entry of a turn that was not put into words."""
    fields = {"chat_id": "c", "url": "http://a", "model": "m", "language": None, "sound_ms": 900}
    return EarsEntry(**{**fields, **given})


def voice_entry(**given: Any) -> VoiceEntry:
    """Make the entry of a text that a server was to say."""
    fields = {"chat_id": None, "url": "http://a", "model": "m", "voice": "v", "text": "Hi"}
    return VoiceEntry(**{**fields, **given})


def model_entry(**given: Any) -> ModelEntry:
    """Make the entry of a question that got no answer."""
    fields = {
        "chat_id": "c",
        "turn": 1,
        "url": "https://a.example/chat/completions",
        "request": b"{}",
        "headers": ["Content-Type"],
        "status": None,
        "first_token_ms": None,
        "duration_ms": 2,
        "chunks": 0,
        "text": "",
        "session_id": None,
        "finish": None,
        "ended": "failed",
        "error": "e",
    }
    return ModelEntry(**{**fields, **given})
