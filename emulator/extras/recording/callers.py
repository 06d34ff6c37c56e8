"""API keys for the callers of a recording."""

from emulator.extras.recording.format import Exchange, Opened, Recording
from emulator.ids import IdSource


def caller_keys(recording: Recording) -> tuple[dict[int, str], dict[int, str]]:
    """Return a new API key for each caller, by number; and the keys of callers that got in."""
    ids = IdSource()
    keys: dict[int, str] = {}
    accepted: dict[int, str] = {}
    for entry in recording.entries:
        if not isinstance(entry, Exchange | Opened) or entry.caller is None:
            continue
        key = keys.setdefault(entry.caller, f"diff-{ids.secret()}")
        if entry.status != 401:
            accepted[entry.caller] = key
    return keys, accepted
