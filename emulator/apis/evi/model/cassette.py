"""Cassettes: files with questions to language models and their answers, so that CI needs no model.

Each line is a JSON object with a `request`, its `replies`, and the `status` and `finish` of the
answer. A request is found again by what it asks: times and scores, the model's place and the ids
of tool calls do not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from threading import Lock

from emulator.apis.evi.model.replies import (
    Failed,
    Over,
    Reply,
    SessionId,
    ToolWanted,
    Words,
    failed,
)
from emulator.apis.evi.model.report import FAILED, Report
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.source_files import short

_NOT_COUNTED = ("models", "time")  # of a message
_writing = Lock()


class CassetteBroken(ValueError):
    """A line of the file is no entry of a cassette."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as a cassette keeps it; files from before lack `status` and `finish`."""

    replies: Sequence[JsonObject]
    status: int | None = None
    finish: str | None = None


class Cassette:
    """One file, which need not exist yet. What was added last counts."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find(self, body: JsonObject) -> Kept | str:
        """Return the answer to a request; if there is none, what is missing, in words."""
        wanted = asked(body)
        try:
            entries = self._entries()
        except (OSError, CassetteBroken) as error:
            return f"the cassette {self.path} can't be read: {error}"
        for entry in reversed(entries):
            if entry["request"] == wanted:
                return Kept(entry["replies"], entry.get("status"), entry.get("finish"))
        return f"the cassette {self.path} has no answer to this request{_nearest(wanted, entries)}"

    def add(self, body: JsonObject, kept: Kept) -> None:
        """Add a request with its answer at the end of the file."""
        entry = {
            "request": asked(body),
            "replies": list(kept.replies),
            "status": kept.status,
            "finish": kept.finish,
        }
        line = render(entry) + b"\n"
        with _writing, Path(self.path).open("ab") as file:
            file.write(line)

    def _entries(self) -> Sequence[JsonObject]:
        path = Path(self.path)
        if not path.exists():
            return ()
        found = path.stat()
        return _read(self.path, found.st_mtime_ns, found.st_size)


@lru_cache(4)
def _read(path: str, mtime_ns: int, size: int) -> Sequence[JsonObject]:
    lines = Path(path).read_bytes().splitlines()
    return [_entry(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def _entry(line: bytes, number: int) -> JsonObject:
    try:
        entry = parse(line)
    except JsonTextError as error:
        raise CassetteBroken(f"line {number} is not JSON: {error.message}") from None
    if not (
        isinstance(entry, dict)
        and isinstance(entry.get("request"), dict)
        and isinstance(entry.get("replies"), list)
        and all(map(_is_reply, entry["replies"]))
    ):
        raise CassetteBroken(f"line {number} is not an object with a request and a list of replies")
    return entry


def _is_reply(each: Json) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("arguments", {}), dict):
        return False
    return all(isinstance(each.get(name, ""), str) for name in ("words", "session_id", "tool"))


def asked(body: JsonObject) -> JsonObject:
    """Return what a request asks: without times and scores, and with tool calls numbered."""
    numbers: dict[str, str] = {}
    messages = [
        _numbered(
            {key: value for key, value in message.items() if key not in _NOT_COUNTED}, numbers
        )
        for message in body["messages"]
    ]
    shown: JsonObject = parse(render({**body, "messages": messages}))
    return shown


def _numbered(message: JsonObject, numbers: dict[str, str]) -> JsonObject:
    for call in message.get("tool_calls", ()):
        numbers[call["id"]] = f"call_{len(numbers) + 1}"
    numbered = dict(message)
    if "tool_calls" in message:
        calls = message["tool_calls"]
        numbered["tool_calls"] = [{**call, "id": numbers[call["id"]]} for call in calls]
    if "tool_call_id" in message:
        id = message["tool_call_id"]
        numbered["tool_call_id"] = numbers.get(id, id)
    return numbered


# differences


def _nearest(wanted: JsonObject, entries: Sequence[JsonObject]) -> str:
    """Return how the nearest request of a cassette differs, in words that follow others."""
    requests = [entry["request"] for entry in entries]
    if not requests:
        return ": it is empty"
    nearest = min(requests, key=lambda request: _distance(wanted, request))
    return f"; the nearest one differs in {next(_differences(wanted, nearest))}"


def _distance(wanted: JsonObject, got: JsonObject) -> tuple[int, int]:
    """Return how far two requests are from each other, so that the nearest one is the least.

    A message more or less counts as three differences; of equally many, late ones are nearer.
    """
    one, other = _messages(wanted), _messages(got)
    count = sum(1 for _ in _differences(wanted, got))
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return count + 2 * abs(len(one) - len(other)), -sum(1 for _ in same)


def _messages(request: JsonObject) -> Sequence[Json]:
    messages = request.get("messages")
    return messages if isinstance(messages, list) else ()


def _differences(wanted: Json, got: Json, place: str = "") -> Iterator[str]:
    """Yield where two requests differ, from outside to inside."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in dict.fromkeys((*wanted, *got)):
            inner = f"{place}.{name}" if place else name
            if name not in got:
                yield f"{inner}: asked {short(wanted[name])}, the cassette has none"
            elif name not in wanted:
                yield f"{inner}: not asked, the cassette has {short(got[name])}"
            else:
                yield from _differences(wanted[name], got[name], inner)
    elif isinstance(wanted, list) and isinstance(got, list):
        for index, (one, other) in enumerate(zip(wanted, got, strict=False)):
            yield from _differences(one, other, f"{place}[{index}]")
        if len(wanted) != len(got):
            yield f"{place}: asked {len(wanted)}, the cassette has {len(got)}"
    elif wanted != got:
        yield f"{place}: asked {short(wanted)}, the cassette has {short(got)}"


# replies


def recorded(replies: Sequence[Reply], report: Report) -> Kept:
    """Return an answer as a cassette keeps it."""
    shown = [shown for reply in replies if (shown := _shown(reply))]
    return Kept(shown, report.status, report.reader.finish)


def _shown(reply: Reply) -> JsonObject:
    match reply:
        case Words(text):
            return {"words": text}
        case SessionId(id):
            return {"session_id": id}
        case ToolWanted(name, arguments, id):
            return {"tool": name, "arguments": arguments, **({"id": id} if id else {})}
        case Over() | Failed():
            return {}


def replayed(found: Kept | str, report: Report) -> Iterator[Reply]:
    """Yield the replies that a cassette has, or the failure of one that has none."""
    if isinstance(found, str):
        report.ended, report.error = FAILED, found
        what = f"was not asked: {found}"
        yield failed(report.question.source, "custom_language_model_error", what)
        return
    report.replayed, report.status = True, found.status
    report.reader.finish = found.finish
    for each in found.replies:
        report.reader.chunks += 1
        if "words" in each:
            report.spoke()
            yield report.reader.add(each["words"])
        elif "session_id" in each:
            report.reader.fingerprint = each["session_id"]
            yield SessionId(each["session_id"])
        elif "tool" in each:
            report.spoke()
            yield ToolWanted(each["tool"], each.get("arguments", {}), each.get("id", ""))
    yield Over()
