"""GET /_emulator/journal, /wait and /timeline: the entries of the caller's world, and as text.

GET /_emulator/unused lists what was set up for nothing.

`audio` says how audio frames are shown: in runs, or each by itself. By default a list has runs,
and a wait each frame.
"""

import re
from collections.abc import Iterable
from itertools import islice

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from emulator.control import read_integer, read_limit
from emulator.credentials import CREDENTIALS
from emulator.errors import Problem, ValidationFailed, closest
from emulator.handles.diagnosis import timeline
from emulator.handles.leftovers import leftovers
from emulator.journal.entries import KINDS
from emulator.journal.journal import Journal
from emulator.jsontext import Json, JsonObject
from emulator.waiting import until
from emulator.web.auth import Auth
from emulator.web.control.request import answer, caller_world
from emulator.web.control.turns import in_turns
from emulator.web.endpoint import Route
from emulator.web.leaving import WhileHere
from emulator.world.worlds import Worlds

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?")
FIELDS = (
    "kind",
    "operation",
    "chat_id",
    "direction",
    "event_name",
    "method",
    "path",
    "status",
    "reference",
)
_RUNS, _EACH = AUDIO = ("runs", "each")
_KNOWN = (*FIELDS, "after", "limit", "timeout", "or_reset", "first_seq", "audio", *CREDENTIALS)
_STATUS = re.compile(r"[0-9]{1,9}")
LONGEST_WAIT_S = 60


def journal_routes(auth: Auth, worlds: Worlds) -> list[Route]:
    async def show(request: Request) -> Response:
        journal = caller_world(auth, request).journal
        after, wanted = _read_query(request)
        limit, audio = read_limit(request.query_params), _audio(request, _RUNS)
        journal.end_runs()
        return answer(await _page(journal, after, limit, audio, wanted))

    async def wait(request: Request) -> Response:
        """Answer as `show`, once there is an entry, the time is over, or a reset comes if asked."""
        world = caller_world(auth, request)
        after, wanted = _read_query(request)
        limit, timeout_s = read_limit(request.query_params), _timeout_s(request)
        or_reset, audio = _or_reset(request), _audio(request, _EACH)
        before, looked = world.journal, after
        was_reset = or_reset and _is_emptied(world.journal, after, request)

        def is_over() -> bool:
            nonlocal looked
            journal = world.journal
            is_there = any(True for _ in _entries(journal, looked, audio, wanted))
            looked = max(looked, journal.seq)
            is_reset = was_reset or (or_reset and journal is not before)
            return is_there or is_reset or worlds.are_ending

        with world.connected():
            async with WhileHere(request.receive):
                await until(world.journal.watchers, is_over, timeout_s)
        return answer(await _page(world.journal, after, limit, audio, wanted))

    async def show_timeline(request: Request) -> Response:
        world, query = caller_world(auth, request), request.query_params
        around = read_integer("around", query["around"]) if "around" in query else None
        world.journal.end_runs()
        entries = await in_turns(world.journal.entries())
        return PlainTextResponse(timeline(entries, around, leftovers(world)))

    async def show_unused(request: Request) -> Response:
        world = caller_world(auth, request)
        return answer(
            {
                "unused": [each._asdict() for each in leftovers(world)],
                "fail_unused": world.settings.fail_unused,
            }
        )

    return [
        Route("GET", "/_emulator/unused", show_unused),
        Route("GET", "/_emulator/journal/timeline", show_timeline),
        Route("GET", "/_emulator/journal", show),
        Route("GET", "/_emulator/journal/wait", wait),
    ]


async def _page(
    journal: Journal, after: int, limit: int | None, audio: str, wanted: dict[str, Json]
) -> JsonObject:
    """Return a page of entries, with the first and the last number of all retained entries.

    The numbers are those of now: an entry that comes while others are rendered is in the next page.
    """
    numbers = {
        "dropped": journal.dropped,
        "first_seq": journal.first_seq,
        "last_seq": journal.last_seq if audio == _RUNS else journal.seq,
    }
    entries = islice(_entries(journal, after, audio, wanted), limit)
    return {"entries": await in_turns(entries), **numbers}


def _entries(
    journal: Journal, after: int, audio: str, wanted: dict[str, Json]
) -> Iterable[JsonObject]:
    return (journal.entries if audio == _RUNS else journal.singly)(after, **wanted)


def _read_query(request: Request) -> tuple[int, dict[str, Json]]:
    """Return the number after which entries count, and the values of fields to match."""
    query = request.query_params
    kind = query.get("kind")
    if kind is not None and kind not in KINDS:
        known = ", ".join(KINDS)
        message = f"Input should be one of {known}, got {kind!r}{closest(kind, KINDS)}"
        raise _wrong("kind", message, "enum")
    for name in query:
        if name not in _KNOWN:
            message = f"No field is called {name!r}{closest(name, _KNOWN)}"
            raise _wrong(name, f"{message}; known: {', '.join(_KNOWN)}", "extra_forbidden")
    wanted: dict[str, Json] = {name: query[name] for name in FIELDS if name in query}
    if _STATUS.fullmatch(wanted.get("status", "")):
        wanted["status"] = int(wanted["status"])
    return read_integer("after", query.get("after", "0")), wanted


def _audio(request: Request, otherwise: str) -> str:
    text = request.query_params.get("audio", otherwise)
    if text not in AUDIO:
        message = f"Input should be one of {', '.join(AUDIO)}, got {text!r}{closest(text, AUDIO)}"
        raise _wrong("audio", message, "enum")
    return text


def _or_reset(request: Request) -> bool:
    text = request.query_params.get("or_reset", "false")
    if text not in ("true", "false"):
        raise _wrong("or_reset", "Input should be true or false", "bool_parsing")
    return text == "true"


def _is_emptied(journal: Journal, after: int, request: Request) -> bool:
    """True if all that the caller's page had is gone, and the caller does not know it."""
    query = request.query_params
    if "first_seq" not in query:
        return False
    return after < journal.first_seq != read_integer("first_seq", query["first_seq"])


def _timeout_s(request: Request) -> float:
    text = request.query_params.get("timeout", "1")
    if not _NUMBER.fullmatch(text) or float(text) > LONGEST_WAIT_S:
        message = f"Input should be a number of seconds from 0 to {LONGEST_WAIT_S}"
        raise _wrong("timeout", message, "float_parsing")
    return float(text)


def _wrong(name: str, message: str, kind: str) -> ValidationFailed:
    return ValidationFailed([Problem(("query", name), message, kind)])
