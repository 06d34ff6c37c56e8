"""What a request says, as an entry of a recording has it."""

from aiohttp.web import BaseRequest

from emulator.extras.recording.redaction import Secrets, hide_query
from emulator.jsontext import JsonObject
from emulator.redaction.values import hide_in_encoded


def about(request: BaseRequest, secrets: Secrets) -> JsonObject:
    """Its path, its query without secrets, and who asks; `secrets` learns those it has."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    caller, credential = secrets.caller(headers, query)
    return {
        "path": from_root(hide_in_encoded(path)),
        "query": hide_query(query) if query else "",
        "caller": caller,
        "credential": credential,
    }


def from_root(path: str) -> str:
    """A path that begins with a slash: another would go on with the name of the upstream."""
    return path if path.startswith("/") else f"/{path}"
