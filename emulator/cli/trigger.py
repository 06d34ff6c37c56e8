"""`evi-emulator trigger`: sends one webhook event to a receiver of your choice."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emulator.apis.evi.webhooks import EVENT_NAMES, check_event_name
from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import (
    FAILED,
    OK,
    add_settings,
    assignment,
    settings_of,
)
from emulator.durations import duration_ms
from emulator.errors import UsageError
from emulator.faults.table import KINDS, check_fault

_SETTINGS = (
    "seed",
    "spec",
    "signing_key",
    "sign_webhooks_with",
    "webhook_timeout",
    "random_seed",
    "call_hosts",
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=trigger)
    parser.add_argument("event_name", metavar="EVENT", help=", ".join(EVENT_NAMES))
    parser.add_argument("--to", metavar="URL", help="the receiver (default: the config's)")
    parser.add_argument(
        "--chat", metavar="ID", help="the chat that the event is about (default: a made-up one)"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="give a field another value, such as end_reason=ERROR",
    )
    faults = ", ".join(KINDS["webhook"].faults)
    parser.add_argument(
        "--fault",
        dest="faults",
        action="append",
        default=[],
        metavar="FAULT",
        help=f"break the webhook: {faults}",
    )
    parser.add_argument("--delay", default="5s", help="how late the fault 'delay' is (default 5s)")
    add_server_flags(parser, None, "a running emulator (default: none is needed)")
    add_settings(parser, _SETTINGS)


def trigger(arguments: argparse.Namespace) -> int:
    body = _body(arguments)
    if arguments.url is not None:
        _refuse_settings(arguments)
        remote = Remote(arguments.url, arguments.key, arguments.ca)
        return _report(_send(remote, body), arguments.faults)
    from emulator.server import Server  # 0.4 s, not needed with --url

    settings = replace(settings_of(arguments), port=0, api_key=(), state="", export_on_exit="")
    with Server(settings) as server:
        remote = Remote(server.url, arguments.key, server.ca_file)
        delivery = _send(remote, body)
        remote.call("POST", "/_emulator/webhooks/drain")  # the fault may send another event, too
        return _report(delivery, arguments.faults)


def _refuse_settings(arguments: argparse.Namespace) -> None:
    """Refuse flags of settings, since a running emulator has its own."""
    for name in _SETTINGS:
        if getattr(arguments, name) is not None:
            flag = "--" + name.replace("_", "-")
            raise UsageError(
                f"{flag} is for a trigger without --url; the emulator there has its own"
            )


def _send(remote: Remote, body: dict[str, Any]) -> Any:
    delay_s = body["delay_ms"] / 1000
    return remote.call("POST", "/_emulator/webhooks/trigger", body, more_s=delay_s)


def _body(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the body for the control route."""
    check_event_name(arguments.event_name)
    for fault in arguments.faults:
        check_fault("webhook", fault)
    try:
        delay_ms = duration_ms(arguments.delay)
    except ValueError as error:
        raise UsageError(str(error)) from None
    body: dict[str, Any] = {
        "event_name": arguments.event_name,
        "set": dict(assignment("--set", text) for text in arguments.overrides),
        "faults": arguments.faults,
        "delay_ms": delay_ms,
    }
    if arguments.to is not None:
        body["url"] = arguments.to
    if arguments.chat is not None:
        body["chat_id"] = arguments.chat
    return body


def _report(delivery: Any, faults: Sequence[str]) -> int:
    """Print the receiver's answer to each request, and return the exit code."""
    for fault in ("reorder", "delay"):  # no attempt shows these
        if fault in faults:
            print(f"with {fault}: it {KINDS['webhook'].faults[fault].does}")
    print(f"{delivery['event_name']} of chat {delivery['chat_id']} to {delivery['url']}")
    for attempt in delivery["attempts"]:
        answer = attempt["status"] if attempt["error"] is None else attempt["error"]
        struck = f" with {', '.join(attempt['faults'])}" if attempt["faults"] else ""
        print(f"request {attempt['number']}{struck}: {answer}, {attempt['duration_ms']} ms")
        if attempt["response"]["body"]:
            print(attempt["response"]["body"])
    if not delivery["attempts"]:
        held = "nothing was sent yet: the world's clock is frozen; advance it"
        print(delivery["error"] or held)
        return OK if "drop" in faults else FAILED
    statuses = [attempt["status"] for attempt in delivery["attempts"]]
    good = all(status is not None and 200 <= status < 300 for status in statuses)
    return OK if good else FAILED
