"""`evi-emulator simulate`: runs a conversation in a running emulator and shows it."""

import argparse
import json
import sys
import time
from typing import Any

import yaml

from emulator.apis.evi.chat.script_file import read_script_file
from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import FAILED, OK, complain, default_url
from emulator.durations import duration_ms
from emulator.errors import ScriptError, UsageError
from emulator.jsontext import JsonObject

_SHOWN = {
    "USER_MESSAGE": "user",
    "AGENT_MESSAGE": "assistant",
    "FUNCTION_CALL": "tool call",
    "FUNCTION_CALL_RESPONSE": "tool answer",
    "USER_INTERRUPTION": "interruption",
    "PAUSE_ONSET": "pause",
    "RESUME_ONSET": "resume",
    "CHAT_END_MESSAGE": "end",
}
_PAGE_SIZE = 100
_POLL_S = 0.2
_SETTLING_S = 2.0  # how long to wait for a tool's answer in a chat that ran at once
_ALSO_FRAMES = (
    "variable_missing",
    "tool_call_unknown",
    "script_unmatched",
    "script_exhausted",
    "custom_language_model_error",
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=simulate)
    parser.add_argument(
        "script",
        nargs="?",
        metavar="SCRIPT",
        help="a bundled script, or a file's path; without one, with --user, the world's own script "
        "or the config's language model answers",
    )
    default = default_url()
    add_server_flags(parser, default, f"where the emulator serves (default {default})")
    parser.add_argument(
        "--user", action="append", metavar="TEXT", help="what the user says, turn by turn"
    )
    parser.add_argument("--config-id", metavar="ID", help="the config to use")
    parser.add_argument("--config-version", type=int, metavar="N", help="the config's version")
    parser.add_argument("--resumed-chat-group-id", metavar="ID", help="the chat group to resume")
    parser.add_argument("--end-reason", metavar="REASON", help="how the chat should end")
    parser.add_argument(
        "--caller-number", metavar="NUMBER", help="make it a phone call from this number"
    )
    parser.add_argument(
        "--unanswered-tool-calls",
        metavar="fallback|wait",
        help="if the script does not answer a tool call: use the tool's fallback, or wait",
    )
    parser.add_argument(
        "--pace", help="instant (default), realtime, or a speed factor (5 is five times faster)"
    )
    parser.add_argument(
        "--wait", default="60s", help="how long to wait for the next event (default 60s)"
    )


def simulate(arguments: argparse.Namespace) -> int:
    if arguments.script is None and not arguments.user:
        raise UsageError("nobody speaks: name a SCRIPT, or add --user TEXT")
    remote = Remote(arguments.url, arguments.key, arguments.ca)
    try:
        wait_s = duration_ms(arguments.wait) / 1000
    except ValueError as error:
        raise UsageError(str(error)) from None
    body = {
        name: value
        for name in (
            "user",
            "config_id",
            "config_version",
            "resumed_chat_group_id",
            "end_reason",
            "caller_number",
            "unanswered_tool_calls",
            "pace",
        )
        if (value := getattr(arguments, name)) is not None
    }
    try:
        if arguments.script is not None:
            body["script"] = read_script_file(arguments.script)
    except ScriptError as error:
        return complain(error, FAILED)
    script = body.get("script") or _worlds_script(remote)
    started = remote.call("POST", "/_emulator/simulate", body)
    print(f"chat {started['chat_id']} of group {started['chat_group_id']}")
    if not script.get("user") and not body.get("user"):
        print("(its user says nothing: the script has no 'user'; add --user TEXT)")
    is_paced = body.get("pace", script.get("pace", "instant")) != "instant"
    _follow(remote, started["chat_id"], wait_s if is_paced else min(wait_s, _SETTLING_S))
    return _print_findings(remote, started["chat_id"])


def _worlds_script(remote: Remote) -> JsonObject:
    """Return the script that the world's chats follow; {} if no file can express it."""
    text = remote.call("GET", "/_emulator/script")["text"]
    content = None if text is None else yaml.safe_load(text)
    return content if isinstance(content, dict) else {}


def _follow(remote: Remote, chat_id: str, wait_s: float) -> None:
    """Print the chat's events as they come, until it has ended or nothing came for a while."""
    printed, deadline = 0, time.monotonic() + wait_s
    while True:
        chat, events = _events_after(remote, chat_id, printed)
        for event in events:
            _show(event, chat["start_timestamp"])
        printed += len(events)
        if events:
            deadline = time.monotonic() + wait_s
        if chat["status"] != "ACTIVE" or time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    print(f"status {chat['status']}, {printed} events")
    if chat["status"] == "ACTIVE":
        mode = remote.call("GET", "/_emulator/clock")["mode"]
        frozen = "; its clock is frozen: POST /_emulator/clock/advance" if mode == "manual" else ""
        print(f"it is still live: POST /v0/evi/chat/{chat_id}/send speaks into it{frozen}")


def _print_findings(remote: Remote, chat_id: str) -> int:
    """Print error frames and the script's mistakes; fail if a strict script had no answer."""
    frames = remote.call("GET", f"/_emulator/journal?kind=frame&chat_id={chat_id}")["entries"]
    for content in (each.get("content") for each in frames):
        if isinstance(content, dict) and content.get("type") == "error":
            print(f"error {content['code']} {content['slug']}: {content['message']}")
    findings = remote.call("GET", f"/_emulator/journal?kind=script&chat_id={chat_id}")["entries"]
    for finding in findings:
        if finding["finding"] not in _ALSO_FRAMES:
            print(f"note: {finding['message']}", file=sys.stderr)
    failed = any(each["finding"] in ("script_unmatched", "script_exhausted") for each in findings)
    return FAILED if failed else OK


def _events_after(remote: Remote, chat_id: str, printed: int) -> tuple[Any, list[Any]]:
    """Return the chat, and its events after the ones already printed."""
    events: list[Any] = []
    number = printed // _PAGE_SIZE
    while True:
        path = f"/v0/evi/chats/{chat_id}?page_size={_PAGE_SIZE}&page_number={number}"
        chat = remote.call("GET", path)
        page = chat["events_page"]
        events += page
        if len(page) < _PAGE_SIZE:
            return chat, events[printed % _PAGE_SIZE :]
        number += 1


def _show(event: Any, start_ms: int) -> None:
    name = _SHOWN.get(event["type"])
    if name is None:
        return
    text = event["message_text"]
    if event["type"] == "FUNCTION_CALL":
        call = json.loads(text)
        text = f"{call['name']}({call['parameters']})"
    seconds = (event["timestamp"] - start_ms) / 1000
    print(f"{seconds:8.1f} s  {name:12}  {text}".rstrip())
