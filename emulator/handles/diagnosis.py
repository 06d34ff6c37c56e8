"""Messages of failed expectations: what was near, how it differs, and what happened."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from emulator.errors import closest
from emulator.journal.entries import Entry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject
from emulator.redaction.printable import visible
from emulator.redaction.values import hide_in_json
from emulator.source_files import short
from emulator.world.state import Leftover

MOST_SHOWN = 30  # entries of a timeline
MOST_LEFT = 10  # of what a test has set up for nothing
_AROUND = 4  # entries before and after one that matters
_LONGEST_VALUE, _BEFORE = 60, 20  # characters of a value, and of those before a difference
_INDENT = "  "


class ExpectationFailed(AssertionError):
    """Something that a test waited for did not happen in time."""


def differences(wanted: Mapping[str, Any], got: Mapping[str, Any], within: str = "") -> list[str]:
    """Return a line for each field that is not as wanted, which may be anything comparable."""
    lines = []
    for name, value in wanted.items():
        path = f"{within}{name}"
        if name not in got:
            told = short(_shown(name, value))
            lines.append(f"{path}: wanted {told}, is missing{closest(name, list(got))}")
        elif got[name] == value:
            continue
        elif isinstance(value, dict) and isinstance(got[name], dict):
            lines += differences(value, got[name], f"{path}.") or [f"{path}: has more fields"]
        else:
            lines.append(f"{path}: {_both(_shown(name, value), _shown(name, got[name]))}")
    return lines


def _shown(name: str, value: Any) -> Any:
    """Return a field without credentials: CI may keep what is said here."""
    return hide_in_json({name: value})[name]


def _both(wanted: Any, got: Any) -> str:
    """Render both values; of long ones the part where they begin to differ."""
    left, right = repr(wanted), repr(got)
    if left == right:
        return f"wanted {short(wanted)}, got another (they differ in what is hidden)"
    if max(len(left), len(right)) <= _LONGEST_VALUE:
        return f"wanted {left}, got {right}"
    pairs = enumerate(zip(left, right, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))
    begin = max(0, at - _BEFORE)
    return f"wanted {_part(left, begin)}, got {_part(right, begin)} (from character {begin})"


def _part(text: str, begin: int) -> str:
    end = begin + _LONGEST_VALUE
    return f"{'...' if begin else ''}{text[begin:end]}{'...' if end < len(text) else ''}"


def matches(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """True if every wanted field is there and equal."""
    return all(name in got and got[name] == value for name, value in wanted.items())


def matches_message(wanted: Mapping[str, Any], content: JsonObject) -> bool:
    """True if a message is as wanted, either as it came or as the journal shows it."""
    return matches(wanted, content) or matches(wanted, hide_in_json(content))


def matches_entry(wanted: Mapping[str, Any], entry: Entry) -> bool:
    """True if an entry is as wanted, either with its credentials or as it is shown."""
    if not wanted:
        return True
    kept = entry.fields()
    return all(
        name in kept and value in (entry.plain(name, kept[name]), entry.shown(name, kept[name]))
        for name, value in wanted.items()
    )


def explain(
    what: str,
    wanted: Mapping[str, Any],
    candidates: Sequence[tuple[int | None, Mapping[str, Any]]],
    entries: Sequence[JsonObject],
    hint: str = "",
    facts: Sequence[str] = (),
    left: Sequence[Leftover] = (),
) -> str:
    """Return the whole message: what was wanted, the nearest, facts, a hint, the timeline.

    It shows no credentials, though `wanted` and the candidates hold them.
    Each candidate comes with its number in the journal, if it has one; `left` ends the timeline.
    """
    lines, around = [what], None
    if candidates:
        around, nearest = min(candidates, key=lambda each: len(differences(wanted, each[1])))
        lines.append(f"nearest: {short_fields(hide_in_json(nearest))}")
        lines += [_INDENT + line for line in differences(wanted, nearest)]
    lines += facts
    if hint:
        lines.append(f"hint: {hint}")
    return "\n".join([*lines, "timeline:", timeline(entries, around, left)])


def everything(journal: Journal) -> list[JsonObject]:
    """Return all entries, for a failure's timeline; runs of audio end with it."""
    journal.end_runs()
    return list(journal.entries())


def short_fields(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={short(value)}" for name, value in fields.items())


def timeline(
    entries: Sequence[JsonObject], around: int | None = None, left: Sequence[Leftover] = ()
) -> str:
    """Render the last entries of a journal, those around a number, and what is left over.

    Times are in s since the first entry.
    """
    told = [f"{_INDENT}unused   {_one_line(each.message)}" for each in left if each.kind != "turn"]
    if len(told) > MOST_LEFT:
        told[MOST_LEFT:] = [f"{_INDENT}         ... {len(told) - MOST_LEFT} more"]
    happened = _lines(entries, around) if entries else [f"{_INDENT}(nothing happened)"]
    return "\n".join([*happened, *told])


def _lines(entries: Sequence[JsonObject], around: int | None) -> list[str]:
    """Return a line for each entry that is shown."""
    begin_ms = entries[0]["at_ms"]
    shown = list(range(len(entries)))[-MOST_SHOWN:]
    if around is not None:
        place = bisect_left(entries, around, key=itemgetter("seq"))
        near = [each for each in range(len(entries)) if abs(each - place) <= _AROUND]
        shown = shown if place >= shown[0] else [*near, *shown[len(near) :]]
    lines, following = [], 0
    for place in shown:
        if place != following:
            lines.append(f"{_INDENT}... {place - following} more")
        following, entry = place + 1, entries[place]
        seconds = (entry["at_ms"] - begin_ms) / 1000
        lines.append(f"{_INDENT}{entry['seq']:4} {seconds:+9.3f} s  {describe(entry)}")
    return lines


def describe(entry: JsonObject) -> str:
    """Render an entry in one line, whatever a client has sent."""
    return visible(_DESCRIBE.get(entry["kind"], str)(entry))


def _http(entry: JsonObject) -> str:
    query = f"?{entry['query']}" if entry["query"] else ""
    if entry["status"] is None:
        return f"http     {entry['method']} {entry['path']}{query}: broken off"
    line = f"http     {entry['method']} {entry['path']}{query} -> {entry['status']}"
    message = entry.get("error") or entry["response"]  # a bug of the emulator, or an error answer
    return f"{line} {_one_line(message)}" if entry["status"] >= 400 else line


_NAMES = ("type", "event")  # fields that name a message: of an API's socket, of a media stream


def _frame(entry: JsonObject) -> str:
    arrow = "<-" if entry["direction"] == "in" else "->"
    if "close" in entry:
        return f"frame {arrow} close {entry['close']}"
    if "run" in entry:
        return f"frame {arrow} {_run(entry['content'], entry['run'])}"
    content = entry.get("content", entry.get("error"))
    if not isinstance(content, dict):
        return f"frame {arrow} {_one_line(str(content))}"
    fields = {
        name: value
        for name, value in content.items()
        if name not in (*_NAMES, "models") and value is not None
    }
    name = next((content[name] for name in _NAMES if name in content), None)
    return f"frame {arrow} {name} {_one_line(short_fields(fields))}".rstrip()


def _run(content: JsonObject, run: JsonObject) -> str:
    """Render a run of audio, such as: audio x 50 (160,000 bytes in 0.98 s)."""
    seconds = (run["last_ms"] - run["first_ms"]) / 1000
    return f"{content['type']} x {run['count']} ({run['bytes']:,} bytes in {seconds:g} s)"


def _webhook(entry: JsonObject) -> str:
    result = entry.get("error") or entry.get("status")
    number = f" attempt {entry['number']}" if "number" in entry else ""
    return f"webhook  {entry['event_name']}{number} to {entry['url']}: {result}"


def _ears(entry: JsonObject) -> str:
    seconds = f"{entry['sound_ms'] / 1000:g} s"
    if entry["ended"] != "complete":
        return f"ears     {seconds} of sound to {entry['url']}: {entry['error'] or entry['ended']}"
    heard = _one_line(entry["text"]) or "(nothing)"
    return f"ears     {seconds} of sound to {entry['url']}: {heard}"


def _voice(entry: JsonObject) -> str:
    said = _one_line(entry["text"])
    if entry["ended"] != "complete":
        return f"voice    {said!r} to {entry['url']}: {entry['error'] or entry['ended']}"
    return f"voice    {entry['sound_ms'] / 1000:g} s of sound from {entry['url']}: {said}"


def _clock(entry: JsonObject) -> str:
    if entry["action"] == "wait":
        advance = f"advance it by {entry['ms'] / 1000:g} s"
        return f"clock    {entry['what']} waits for the clock, which is frozen: {advance}"
    moved = f" {entry['ms'] / 1000:g} s" if "ms" in entry else ""
    return f"clock    {entry['action']}{moved} ({entry['mode']})"


def _script(entry: JsonObject) -> str:
    return f"script   {entry['finding']}: {entry['message']}"


def _fault(entry: JsonObject) -> str:
    shown = ("method", "path", "turn", "frame", "type", "chat_ms", "event_name")
    facts = [f"{name} {entry[name]}" for name in shown if entry.get(name) not in (None, "")]
    return f"fault    {entry['of']} {entry['fault']} ({', '.join(facts)})"


def _model(entry: JsonObject) -> str:
    status = "" if entry["status"] is None else f" {entry['status']}"
    said = entry["error"] if entry["error"] else repr(entry["text"])
    where = "the cassette" if entry.get("replayed") else entry["url"]
    return f"model    turn {entry['turn']} to {where}:{status} {entry['ended']}, {_one_line(said)}"


def _bug(entry: JsonObject) -> str:
    return f"bug      {_one_line(entry['error'])} (reference {entry['reference']})"


def _world(entry: JsonObject) -> str:
    minutes = entry["idle_minutes"]
    return f"world    this key's world before expired: nobody used it for {minutes} minutes"


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:117] + "..."


def _call(entry: JsonObject) -> str:
    said = entry.get("text") or short_fields(entry.get("data", {}))
    return f"call     {entry['event']} {_one_line(said)}".rstrip()


_DESCRIBE = {
    "call": _call,
    "http": _http,
    "frame": _frame,
    "webhook": _webhook,
    "ears": _ears,
    "voice": _voice,
    "clock": _clock,
    "script": _script,
    "model": _model,
    "fault": _fault,
    "world": _world,
    "bug": _bug,
}
