"""The fields of a recording's entry that describe a request."""

from aiohttp.web import BaseRequest

from emulator.extras.recording.redaction import Secrets, hide_query
from emulator.jsontext import JsonObject
from emulator.redaction.values import hide_in_encoded


def describe_request(request: BaseRequest, secrets: Secrets) -> JsonObject:
    """Return path, query without secrets, and caller; `secrets` learns those of the request."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    caller, credential = secrets.caller(headers, query)
    return {
        "path": rooted(hide_in_encoded(path)),
        "query": hide_query(query) if query else "",
        "caller": caller,
        "credential": credential,
    }


def rooted(path: str) -> str:
    """Return a path that begins with a slash: another would continue the upstream's host name."""
    return path if path.startswith("/") else f"/{path}"
