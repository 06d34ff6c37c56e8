"""Logged requests, made by hand."""

from emulator.extras.wiremock.request import LoggedRequest
from emulator.journal.headers import kept_headers
from tests.journal.made import http_entry


def logged(
    method: str = "GET",
    path: str = "/v0/evi/configs",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
) -> LoggedRequest:
    """A request that an operation has answered with 200 and {}."""
    entry = http_entry(
        method=method,
        path=path,
        query=query.encode(),
        request_headers=kept_headers([(name.encode(), value.encode()) for name, value in headers]),
        request=body.encode(),
        response=b"{}",
    )
    entry.seq, entry.at_ms = 1, 1_735_689_600_000
    return LoggedRequest("an id", entry, "http")
