"""Makes the tables of settings, faults, findings, hints and coverage from those in the code."""

from collections.abc import Iterable, Iterator
from typing import Any

from emulator.apis.evi.hints import EVI_HINTS
from emulator.apis.tts.hints import TTS_HINTS
from emulator.cli.setting_groups import GROUPS
from emulator.contract.findings import FINDINGS
from emulator.contract.surface import PARTS
from emulator.faults.table import KINDS, Fault
from emulator.settings import SETTINGS, Setting
from scripts.markdown import code, table

FAULT_KINDS = tuple(KINDS)
_WHOSE = {
    "These settings belong to the server as a whole": ("scope", "server"),
    "Only EVI reads": ("api", "evi"),
    "Only the voices read": ("api", "voices"),
    "Only text-to-speech reads": ("api", "tts"),
}


def settings() -> str:
    """Return a table for each group of settings, with a row for each setting."""
    by_name = {each.name: each for each in SETTINGS}
    return "\n".join(
        f"## {title}\n\n{_table(map(by_name.__getitem__, names))}"
        for title, names in GROUPS.items()
    )


def _table(settings: Iterable[Setting]) -> str:
    rows = ((code(each.flag), code(each.env), _default(each), _meaning(each)) for each in settings)
    return table(("flag", "variable", "default", "meaning"), rows)


def _default(setting: Setting) -> str:
    return "" if setting.default in ("", (), None) else code(setting.shown_default)


def _meaning(setting: Setting) -> str:
    choices = f" (one of {', '.join(setting.choices)})" if setting.choices else ""
    named = all(choice in setting.help for choice in setting.choices)
    return setting.help + ("" if named else choices)


def whose_settings() -> str:
    """Return which settings are the server's, and which only one API reads."""
    lines = []
    for sentence, (column, value) in _WHOSE.items():
        flags = [code(each.flag) for each in SETTINGS if getattr(each, column) == value]
        lines.append(f"- {sentence}: {', '.join(flags)}.\n")
    return "".join(lines)


def faults(kind: str) -> str:
    """Return a row for each fault of a kind, after the fields that a rule may match by."""
    fields = ", ".join(code(field) for field in KINDS[kind].matched_by)
    rows = (
        (code(name), fault.does, ", ".join(_options(fault)))
        for name, fault in KINDS[kind].faults.items()
    )
    head = ("fault", "what happens", "options (default)")
    return f"Applies to {KINDS[kind].strikes}. A rule matches by {fields}.\n\n{table(head, rows)}"


def _options(fault: Fault) -> Iterator[str]:
    for name, default in fault.options.items():
        yield code(name) + ("" if _is_nothing(default) else f" ({default})")


def _is_nothing(default: Any) -> bool:
    return default is None or default == "" or default == {}


def findings() -> str:
    """Return a row for each finding."""
    rows = ((code(name), kind.level, kind.when) for name, kind in FINDINGS.items())
    return table(("code", "level", "when"), rows)


def hints() -> str:
    """Return a row for each path and parameter that programs use and the APIs don't have."""
    paths = [(code(each.example), each.hint) for each in (*EVI_HINTS.paths, *TTS_HINTS.paths)]
    requests = [(f"`?{name}=` of a request", hint) for name, hint in EVI_HINTS.of_requests.items()]
    handshakes = [
        (f"`?{name}=` of a handshake", hint) for name, hint in EVI_HINTS.of_handshakes.items()
    ]
    return table(("what", "hint"), (*paths, *requests, *handshakes))


def coverage() -> str:
    """Return a row for each part of the coverage."""
    return table(("part", "counts"), ((code(part), counts) for part, counts in PARTS.items()))
