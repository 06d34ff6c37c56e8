"""Pages of runs, and of a run's events: each tells where the next begins."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import dropwhile, islice

from emulator.apis.expression.run import Run
from emulator.apis.expression.state import MOST_RUNS
from emulator.errors import Problem, ValidationFailed
from emulator.jsontext import Json, JsonObject

_LEAST = 1  # of a page
_MOST_DIGITS = 9  # of an event's number in a cursor
_EXACT = ("user_id", "mode", "endpoint")


def runs_page(newest_first: Iterable[Run], asked: Mapping[str, Json], now_ms: int) -> JsonObject:
    """Return the page of runs that the parameters ask for. Raises ValidationFailed."""
    size, last = _size(asked), _cursor(asked)
    found = _filtered(newest_first, asked, now_ms)
    if last is not None:
        # A run that is forgotten was older than all that are left.
        found = islice(dropwhile(lambda run: run.run_id != last, found), 1, None)
    runs = list(islice(found, min(size, MOST_RUNS) + 1))
    page: JsonObject = {"runs": [run.summary(now_ms) for run in runs[:size]]}
    if len(runs) > size:
        page["next_cursor"] = _written(runs[size - 1].run_id)
    return page


def events_page(run: Run, asked: Mapping[str, Json]) -> JsonObject:
    """Return the page of events that the parameters ask for. Raises ValidationFailed."""
    size, last = _size(asked), _cursor(asked)
    if last is not None and (not last.isdecimal() or len(last) > _MOST_DIGITS):
        raise _wrong_cursor()
    begin = 0 if last is None else int(last) + 1
    events = run.events[begin : begin + size]
    capped = list(run.capped_kinds())
    page: JsonObject = {
        "events": [event.shown() for event in events],
        "at_cap": bool(capped),
        "capped_kinds": capped,
        "gaps": False,
    }
    if begin + size < len(run.events):
        page["next_cursor"] = _written(str(begin + size - 1))
    return page


def _filtered(runs: Iterable[Run], asked: Mapping[str, Json], now_ms: int) -> Iterator[Run]:
    exact = {name: asked[name] for name in _EXACT if asked[name] is not None}
    status = asked["status"]
    before_ms, after_ms = _time(asked, "started_before"), _time(asked, "started_after")
    return (
        run
        for run in runs
        if all(getattr(run, name) == value for name, value in exact.items())
        and status in (None, run.status_at(now_ms))
        and (before_ms is None or run.started_at < before_ms)
        and (after_ms is None or run.started_at >= after_ms)
    )


def _time(asked: Mapping[str, Json], name: str) -> float | None:
    """Return a time in ms, which may have a fraction. Raises ValidationFailed."""
    text = asked[name]
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).timestamp() * 1000
    except ValueError:  # of a leap second, which the document's format allows
        message = "Input should be a datetime whose seconds are 0 to 59"
        raise ValidationFailed([Problem(("query", name), message, "datetime_parsing")]) from None


def _size(asked: Mapping[str, Json]) -> int:
    size: int = asked["page_size"]
    if size < _LEAST:
        message = f"Input should be greater than or equal to {_LEAST}"
        raise ValidationFailed([Problem(("query", "page_size"), message, "greater_than_equal")])
    return size


def _written(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _cursor(asked: Mapping[str, Json]) -> str | None:
    """Return the place that a cursor names, if there is one. Raises ValidationFailed."""
    text = asked["cursor"]
    if text is None:
        return None
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return place.decode("ascii")
    except (binascii.Error, ValueError):
        raise _wrong_cursor() from None


def _wrong_cursor() -> ValidationFailed:
    message = "Input should be the next_cursor of the page before, as it is"
    return ValidationFailed([Problem(("query", "cursor"), message, "value_error")])
