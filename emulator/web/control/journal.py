"""GET /_emulator/journal and /wait: what happened, or is about to, in the caller's world."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import Problem, ValidationFailed, closest
from emulator.jsontext import Json, JsonObject
from emulator.store.journal import KINDS, Journal
from emulator.waiting import until
from emulator.web.auth import Auth
from emulator.web.control.request import answer, caller_world

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
_KNOWN = (*FIELDS, "after", "timeout", "api_key", "access_token")
LONGEST_WAIT_S = 60


def journal_routes(auth: Auth) -> list[Route]:
    async def show(request: Request) -> Response:
        journal = caller_world(auth, request).journal
        after, wanted = _read_query(request)
        return answer(_page(journal, after, wanted))

    async def wait(request: Request) -> Response:
        """The same, once there is an entry, or when the time is over."""
        world = caller_world(auth, request)
        after, wanted = _read_query(request)
        timeout_s = _timeout_s(request)

        def is_there() -> bool:
            return any(True for _ in world.journal.entries(after, **wanted))

        await until(world.journal.watchers, is_there, timeout_s)
        return answer(_page(world.journal, after, wanted))

    return [
        Route("/_emulator/journal", show, methods=["GET"]),
        Route("/_emulator/journal/wait", wait, methods=["GET"]),
    ]


def _page(journal: Journal, after: int, wanted: dict[str, Json]) -> JsonObject:
    entries = list(journal.entries(after, **wanted))
    return {"entries": entries, "dropped": journal.dropped}


def _read_query(request: Request) -> tuple[int, dict[str, Json]]:
    """The number after which to look, and the fields that are asked for."""
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
    if wanted.get("status", "").isdecimal():
        wanted["status"] = int(wanted["status"])
    after = query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise _wrong("after", "Input should be a valid integer", "int_parsing")
    return int(after), wanted


def _timeout_s(request: Request) -> float:
    text = request.query_params.get("timeout", "1")
    if not _NUMBER.fullmatch(text) or float(text) > LONGEST_WAIT_S:
        message = f"Input should be a number of seconds from 0 to {LONGEST_WAIT_S}"
        raise _wrong("timeout", message, "float_parsing")
    return float(text)


def _wrong(name: str, message: str, kind: str) -> ValidationFailed:
    return ValidationFailed([Problem(("query", name), message, kind)])
