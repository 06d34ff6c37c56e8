"""`evi-emulator tail`: follows what happens in a world of a running emulator."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from emulator.cli.colour import Paint, painter
from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import OK, default_url
from emulator.errors import UsageError, closest
from emulator.handles.diagnosis import describe
from emulator.journal.entries import KINDS
from emulator.jsontext import JsonObject

_PATH = "/_emulator/journal"
_WAIT_S = 5  # of one request; also the longest time until a reset world is noticed
_LINES = 10
_KIND_WIDTH = 8  # of the word with which a described entry begins
_REFUSED = 400

# Flags that are fields of entries, by the field's name in the journal.
_FILTERS = {
    "chat_id": ("--chat", "ID", "only entries of this chat"),
    "operation": ("--operation", "ID", "only requests of this operation, such as list-configs"),
    "method": ("--method", "METHOD", "only requests with this method, such as POST"),
    "path": ("--path", "PATH", "only requests of this path"),
    "status": ("--status", "CODE", "only answers with this status, such as 422"),
    "direction": ("--direction", "in|out", "only frames in this direction, seen from the emulator"),
    "event_name": ("--event", "NAME", "only webhooks of this event, such as chat_ended"),
}
_STYLES = {
    "frame": "cyan",
    "webhook": "magenta",
    "fault": "yellow",
    "bug": "red",
    "script": "yellow",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=tail)
    default = default_url()
    add_server_flags(parser, default, f"where the emulator serves (default {default})")
    filters = parser.add_argument_group("Which entries")
    filters.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="KIND",
        help=f"only entries of this kind: {', '.join(KINDS)}; may be repeated",
    )
    for field, (flag, metavar, help) in _FILTERS.items():
        filters.add_argument(flag, dest=field, metavar=metavar, help=help)
    filters.add_argument(
        "--lines",
        "-n",
        type=int,
        default=_LINES,
        metavar="N",
        help=f"how many earlier entries to print first (default {_LINES})",
    )
    parser.add_argument("--no-follow", action="store_true", help="end after the earlier entries")
    parser.add_argument("--json", action="store_true", help="print each entry as a line of JSON")


def tail(arguments: argparse.Namespace) -> int:
    """Print entries of the world's journal until Ctrl-C, or until the emulator ends."""
    wanted = _wanted(arguments)
    remote = Remote(arguments.url, arguments.key, arguments.ca, is_quiet=True)
    paint = None if arguments.json else painter(sys.stdout)
    page = remote.call("GET", f"{_PATH}?{urlencode(wanted)}")
    entries = _of_kinds(page["entries"], arguments.kind)
    for entry in entries[max(0, len(entries) - arguments.lines) :]:
        print(_line(entry, paint), flush=True)
    if page["last_seq"] == 0:
        print(_nothing(remote), file=sys.stderr)
    if not arguments.no_follow:
        for entry in _following(remote, wanted, page["last_seq"], arguments.kind):
            print(_line(entry, paint), flush=True)
    return OK


def _nothing(remote: Remote) -> str:
    """Say that nothing has happened in the world, and how many others are in use."""
    told = "evi-emulator: nothing has happened yet in the world of this API key"
    own = remote.call("GET", "/_emulator/world")
    others = remote.call("GET", "/_emulator/worlds?limit=1")["total"] - (own["name"] is not None)
    if not others:
        return told
    are = "world is" if others == 1 else "worlds are"
    return (
        f"{told}, but {others} other {are} in use: pass your program's key with --api-key, or look "
        f"at {remote.url}/_emulator/#view=world"
    )


def _wanted(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the fields that the emulator is to look for. Raises UsageError."""
    for kind in arguments.kind:
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise UsageError(f"--kind must be one of {known}, got {kind!r}{closest(kind, KINDS)}")
    if arguments.lines < 0:
        raise UsageError(f"--lines must be at least 0, got {arguments.lines}")
    if arguments.direction not in (None, "in", "out"):
        raise UsageError(f"--direction must be in or out, got {arguments.direction!r}")
    wanted = {name: getattr(arguments, name) for name in _FILTERS}
    if len(arguments.kind) == 1:
        wanted["kind"] = arguments.kind[0]
    return {name: value for name, value in wanted.items() if value is not None}


def _following(
    remote: Remote, wanted: Mapping[str, str], after: int, kinds: Sequence[str]
) -> Iterator[JsonObject]:
    """Yield the entries past the number `after` as they come. It ends with an EmulatorError."""
    rest = {**wanted, "audio": "runs", "timeout": _WAIT_S, "or_reset": "true"}
    while True:
        query = urlencode({**rest, "after": after})
        page = remote.call("GET", f"{_PATH}/wait?{query}", more_s=_WAIT_S)
        yield from _of_kinds(page["entries"], kinds)
        # A world that was reset counts from 1 again.
        after = page["last_seq"] if page["last_seq"] >= after else 0


def _of_kinds(entries: Sequence[JsonObject], kinds: Sequence[str]) -> list[JsonObject]:
    return [entry for entry in entries if not kinds or entry["kind"] in kinds]


def _line(entry: JsonObject, paint: Paint | None) -> str:
    """Render an entry in one line: as JSON if there is no `paint`."""
    if paint is None:
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    text, style = describe(entry), _style(entry)
    if style:
        text = paint(style, text[:_KIND_WIDTH]) + text[_KIND_WIDTH:]
    return f"{paint('dim', _clock_time(entry['at_ms']))}  {entry['seq']:5}  {text}"


def _style(entry: Mapping[str, Any]) -> str:
    status = entry.get("status")
    is_refused = isinstance(status, int) and status >= _REFUSED
    is_broken_off = entry["kind"] == "http" and status is None
    return "red" if is_refused or is_broken_off else _STYLES.get(entry["kind"], "")


def _clock_time(at_ms: int) -> str:
    """Return the world's time of day, in this machine's time zone."""
    return f"{time.strftime('%H:%M:%S', time.localtime(at_ms / 1000))}.{at_ms % 1000:03}"
