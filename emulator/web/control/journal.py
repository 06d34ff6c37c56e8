"""GET /_emulator/journal: what happened in the caller's world."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import Problem, ValidationFailed, closest
from emulator.store.journal import KINDS
from emulator.web.auth import Auth
from emulator.web.control.request import answer, caller_world


def journal_routes(auth: Auth) -> list[Route]:
    async def show(request: Request) -> Response:
        journal = caller_world(auth, request).journal
        query = request.query_params
        after = query.get("after", "0")
        kind = query.get("kind")
        if not (after.isascii() and after.isdigit() and len(after) <= 15):
            raise _wrong("after", "Input should be a valid integer", "int_parsing")
        if kind is not None and kind not in KINDS:
            known = ", ".join(KINDS)
            message = f"Input should be one of {known}, got {kind!r}{closest(kind, KINDS)}"
            raise _wrong("kind", message, "enum")
        wanted = {name: query.get(name) for name in ("kind", "chat_id")}
        entries = list(journal.entries(int(after), **wanted))
        return answer({"entries": entries, "dropped": journal.dropped})

    return [Route("/_emulator/journal", show, methods=["GET"])]


def _wrong(name: str, message: str, kind: str) -> ValidationFailed:
    return ValidationFailed([Problem(("query", name), message, kind)])
