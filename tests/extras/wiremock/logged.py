"""Logged requests, made by hand."""

from emulator.extras.wiremock.request import LoggedRequest
from emulator.journal.headers import kept_headers


def logged(
    method: str = "GET",
    path: str = "/v0/evi/configs",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
) -> LoggedRequest:
    """A request that an operation has answered with 200 and {}."""
    entry = {
        "seq": 1,
        "at_ms": 1_735_689_600_000,
        "operation": "list-configs",
        "method": method,
        "path": path,
        "query": query.encode(),
        "status": 200,
        "duration_ms": 1.5,
        "request_headers": kept_headers(
            [(name.encode(), value.encode()) for name, value in headers]
        ),
        "request": body.encode(),
        "response": b"{}",
    }
    return LoggedRequest("an id", entry, "http")
