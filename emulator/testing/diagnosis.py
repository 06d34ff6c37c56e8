"""What to say when an expectation fails: what was near, how it differs, and what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.errors import closest
from emulator.handwritten import short
from emulator.jsontext import JsonObject

MOST_SHOWN = 30  # entries of a timeline
_INDENT = "  "


class ExpectationFailed(AssertionError):
    """Something that a test waited for did not happen in time."""


def differences(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    """A line for each field that is not as wanted. Anything that can be compared may be wanted."""
    lines = []
    for name, value in wanted.items():
        if name not in got:
            lines.append(f"{name}: wanted {short(value)}, is missing{closest(name, list(got))}")
        elif got[name] != value:
            lines.append(f"{name}: wanted {short(value)}, got {short(got[name])}")
    return lines


def matches(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether every wanted field is there and equal."""
    return all(name in got and got[name] == value for name, value in wanted.items())


def explain(
    what: str,
    wanted: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    timeline: str,
    hint: str = "",
) -> str:
    """The whole message: what was wanted, the nearest candidate, the timeline, a hint."""
    lines = [what]
    if candidates:
        nearest = min(candidates, key=lambda each: len(differences(wanted, each)))
        lines.append(f"nearest: {short_fields(nearest)}")
        lines += [_INDENT + line for line in differences(wanted, nearest)]
    if hint:
        lines.append(f"hint: {hint}")
    return "\n".join([*lines, "timeline:", timeline])


def short_fields(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={short(value)}" for name, value in fields.items())


def timeline(entries: Sequence[JsonObject], start_ms: int | None = None) -> str:
    """The last entries of a journal, a line each; times in s since the first."""
    if not entries:
        return f"{_INDENT}(nothing happened)"
    begin_ms = entries[0]["at_ms"] if start_ms is None else start_ms
    lines = [
        f"{_INDENT}{entry['seq']:4} {(entry['at_ms'] - begin_ms) / 1000:+9.3f} s  {describe(entry)}"
        for entry in entries[-MOST_SHOWN:]
    ]
    left_out = len(entries) - len(lines)
    return "\n".join([f"{_INDENT}... {left_out} earlier", *lines] if left_out else lines)


def describe(entry: JsonObject) -> str:
    """One entry in a line."""
    return _DESCRIBE.get(entry["kind"], str)(entry)


def _http(entry: JsonObject) -> str:
    query = f"?{entry['query']}" if entry["query"] else ""
    line = f"http     {entry['method']} {entry['path']}{query} -> {entry['status']}"
    return f"{line} {_one_line(entry['response'])}" if entry["status"] >= 400 else line


def _frame(entry: JsonObject) -> str:
    arrow = "<-" if entry["direction"] == "in" else "->"
    if "close" in entry:
        return f"frame {arrow} close {entry['close']}"
    content = entry.get("content", entry.get("error"))
    if not isinstance(content, dict):
        return f"frame {arrow} {_one_line(str(content))}"
    fields = {
        name: value
        for name, value in content.items()
        if name not in ("type", "models") and value is not None
    }
    return f"frame {arrow} {content.get('type')} {_one_line(short_fields(fields))}".rstrip()


def _webhook(entry: JsonObject) -> str:
    result = entry.get("error") or entry.get("status")
    number = f" attempt {entry['number']}" if "number" in entry else ""
    return f"webhook  {entry['event_name']}{number} to {entry['url']}: {result}"


def _clock(entry: JsonObject) -> str:
    moved = f" {entry['ms'] / 1000:g} s" if "ms" in entry else ""
    return f"clock    {entry['action']}{moved} ({entry['mode']})"


def _script(entry: JsonObject) -> str:
    return f"script   {entry['finding']}: {entry['message']}"


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:117] + "..."


_DESCRIBE = {
    "http": _http,
    "frame": _frame,
    "webhook": _webhook,
    "clock": _clock,
    "script": _script,
}
