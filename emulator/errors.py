"""The exceptions of the emulator, and the texts of the error answers that the machinery gives.

An API's own texts are in its folder's errors.py, those of a 422 in openapi/validation.

EmulatorError
├── UsageError            a setting or argument is wrong             (exit code 2)
├── StartupError          the server cannot start                    (exit code 3)
│   ├── DocumentError     the OpenAPI document cannot be served
│   ├── SeedError         a seed has a mistake
│   ├── ScriptError       a script has a mistake
│   └── SnapshotError     a snapshot of a world is damaged
├── RecordingError        a recording has a mistake, or can't be written
└── ApiError              a request is answered with an error status
    └── ValidationFailed  422, with every problem of the request
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

Loc: TypeAlias = tuple[str | int, ...]


class EmulatorError(Exception):
    """The base of every error that the emulator raises on purpose."""


class UsageError(EmulatorError):
    """A setting or a command-line argument is wrong."""


class StartupError(EmulatorError):
    """The server cannot start."""


class DocumentError(StartupError):
    """The OpenAPI document cannot be served."""


class SeedError(StartupError):
    """A seed has a mistake; the message has one line for each."""


class ScriptError(StartupError):
    """A script has a mistake; `mistakes` lists the place and the message of each."""

    def __init__(
        self,
        mistakes: Sequence[tuple[Loc, str]],
        name: str = "script",
        description: str | None = None,
    ) -> None:
        lines = [f"{name}: {pointer(loc)}: {message}" for loc, message in mistakes]
        super().__init__(description or "\n".join(lines))
        self.mistakes = tuple(mistakes)


class SnapshotError(StartupError):
    """A snapshot is damaged; `mistakes` lists the place and the message of each."""

    def __init__(self, mistakes: Sequence[tuple[Loc, str]], name: str = "snapshot") -> None:
        places = (f"{pointer(loc)}: " if loc else "" for loc, _ in mistakes)
        lines = zip(places, (message for _, message in mistakes), strict=True)
        super().__init__("\n".join(f"{name}: {place}{message}" for place, message in lines))
        self.mistakes = tuple(mistakes)


class RecordingError(EmulatorError):
    """A recording can't be read or written; the message has a line for each mistake."""


def pointer(loc: Loc) -> str:
    """Return a place as a JSON pointer, such as /rules/0/say."""
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in loc)


def steps(place: str) -> Loc:
    """Return the steps of a JSON pointer, each as text."""
    raw = place.removeprefix("/").split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in raw)


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One kind of error answer: its status, its code, and its message as a format string."""

    status: int
    code: str
    message: str


PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    414: "URI Too Long",
    422: "Unprocessable Content",
    426: "Upgrade Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

PATH_NOT_FOUND = ErrorText(404, "path_not_found", "Nothing answers {method} {path}{hint}.")
METHOD_NOT_ALLOWED = ErrorText(
    405, "method_not_allowed", "{path} does not allow {method}; it allows {allowed}."
)
DELIVERY_NOT_FOUND = ErrorText(
    404, "delivery_not_found", "Delivery (ID: {id}) was not found, or is no longer kept."
)
DELIVERY_PENDING = ErrorText(
    400, "delivery_pending", "Delivery (ID: {id}) is still on its way; drain first."
)
OPERATION_UNKNOWN = ErrorText(400, "operation_unknown", "No operation is called {id!r}{hint}.")
FAULT_NOT_FOUND = ErrorText(404, "fault_not_found", "Fault (ID: {id}) was not found.")
CLOCK_TOO_LATE = ErrorText(
    400,
    "clock_too_late",
    "The clock can't pass the end of the year 9999: that is {left_ms} ms away, got {ms} ms.",
)
NO_WEBSOCKET = ErrorText(
    426, "websocket_expected", "{path} is a WebSocket: connect to it with ws:// or wss://."
)
SNAPSHOT_IMPOSSIBLE = ErrorText(
    409, "snapshot_impossible", "This world can't be written as a document: {why}."
)
TOO_MANY_REQUESTS = ErrorText(
    429, "too_many_requests", "This world answers {limit} requests in a second, and no more."
)
NOT_PREFERRED = ErrorText(
    400,
    "preference_unknown",
    "Cannot honour 'Prefer: {got}': {operation} declares {known}; any status from 400 to 599 also "
    "works.",
)
TOO_MANY_WORLDS = ErrorText(
    429,
    "too_many_worlds",
    "There are {limit} worlds, the most that are allowed, and this key has none of them: forget "
    "one with DELETE /_emulator/world, or serve with a higher --max-worlds.",
)

# The transport.
BODY_TOO_LARGE = ErrorText(
    413, "body_too_large", "The body has more than {limit} bytes, the most that is accepted."
)
URL_TOO_LONG = ErrorText(
    414,
    "url_too_long",
    "The request's URL has more than {limit} bytes: send less in the query (a chat's session "
    "settings can be sent as its first message).",
)
HEAD_TOO_LARGE = ErrorText(
    431,
    "head_too_large",
    "The request's URL and headers have more than {limit} bytes: send fewer or shorter headers, "
    "or serve with a higher --max-head-bytes.",
)
HANDSHAKE_WITH_BODY = ErrorText(
    400,
    "handshake_with_body",
    "A WebSocket's handshake has no body: leave out Content-Length and Transfer-Encoding.",
)
REQUEST_TOO_SLOW = ErrorText(
    408,
    "request_too_slow",
    "The request was not complete after {seconds} s: send it faster, or serve with a higher "
    "--request-timeout.",
)
INTERNAL_ERROR = ErrorText(
    500,
    "emulator_error",
    "The emulator has a bug; its log has the details, its journal the error, under {reference}.",
)
STATE_DAMAGED = ErrorText(
    500,
    "state_damaged",
    "What was kept of this world can't be read, and is left as it is: {why}. Mend the file, or "
    "move it away to start over, and try again.",
)

# The recording proxy, and the replay of what it recorded.
UPSTREAM_UNREACHABLE = ErrorText(
    502, "upstream_unreachable", "The upstream {upstream} can't be reached: {why}."
)
NOT_RECORDED = ErrorText(404, "not_recorded", "The recording has no {more}{name}{hint}.")

# The control API's answers to requests that another site's page may have sent.
ORIGIN_REFUSED = ErrorText(
    403,
    "origin_refused",
    "{path} is for this machine; a page of {origin} may not use it. Serve the page from localhost, "
    "or name its host with --allowed-hosts.",
)
WORLD_UNKNOWN = ErrorText(
    404,
    "world_unknown",
    "The path is for a world {reference!r}, which does not exist: it was deleted, has expired, or "
    "the server was started again. Ask the emulator for a new URL.",
)
NOT_THIS_MACHINE = ErrorText(
    403,
    "not_this_machine",
    "A world can be opened by its reference only on the machine that runs the emulator, and this "
    "request came from {peer} for the host {host!r}. Send the world's API key instead.",
)
HOST_REFUSED = ErrorText(
    403,
    "host_refused",
    "{path} does not answer to the host {host!r}, since any name could lead here. Use localhost "
    "or an address of this machine, or name the host with --allowed-hosts.",
)
CROSS_SITE_REFUSED = ErrorText(
    403,
    "cross_site_refused",
    "{path} is for this machine; a page of another site made the browser request it. Type the "
    "address, or use a program such as curl.",
)

# 401, in the words of the gateway in front of the service (docs/protocol.md#authentication).
GATEWAY_FAULTS = {
    "missing": ("No API key or access token was sent", "oauth.v2.FailedToResolveAPIKey"),
    "scheme": (
        "No API key or access token was sent: the header Authorization is read as 'Bearer TOKEN' "
        "alone, and the API key in X-Hume-Api-Key",
        "oauth.v2.FailedToResolveAPIKey",
    ),
    "query": (
        "No API key or access token was sent: here they do not count in the query; send the header "
        "X-Hume-Api-Key, or 'Authorization: Bearer TOKEN'",
        "oauth.v2.FailedToResolveAPIKey",
    ),
    "key": ("Invalid ApiKey", "oauth.v2.InvalidApiKey"),
    "token": ("Invalid Access Token", "oauth.v2.InvalidAccessToken"),
    "expired": ("Access Token expired", "oauth.v2.AccessTokenExpired"),
}


class ApiError(EmulatorError):
    """A request is answered with an error: `status`, JSON `body` and extra `headers`.

    `hint` says what to do instead, if the error's message has such a part. `code` names the kind of
    error; it is the body's own unless it is given.
    """

    def __init__(
        self,
        status: int,
        body: Mapping[str, object],
        headers: Mapping[str, str] | None = None,
        hint: str = "",
        code: str = "",
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.hint = hint
        self.code = code or str(body.get("code"))

    def __str__(self) -> str:
        return f"{self.status}: {self.body.get('message', self.body)}"


def api_error(
    text: ErrorText, headers: Mapping[str, str] | None = None, **values: object
) -> ApiError:
    """Return the error answer of one kind, as the service's ErrorResponse: error, message, code."""
    message = text.message.format(**values)
    body = {"error": PHRASES[text.status], "message": message, "code": text.code}
    return ApiError(text.status, body, headers)


def path_not_found(method: str, path: str, hint: str) -> ApiError:
    """Return the 404 for an unknown path; its message ends with the hint, if any."""
    more = f"; {hint}" if hint else ""
    error = api_error(PATH_NOT_FOUND, method=method, path=path, hint=more)
    return ApiError(error.status, error.body, hint=hint)


def body_of(status: int, message: str, code: str) -> object:
    """Return the body of an error answer in the shape that the service gives that status."""
    if status == 401:
        return gateway_fault("key").body
    if status == 422:
        return ValidationFailed([Problem(("body",), message, code)]).body
    return {"error": PHRASES.get(status, "Error"), "message": message, "code": code}


def gateway_fault(fault: str) -> ApiError:
    """Return the 401 of the gateway; `fault` is a key of GATEWAY_FAULTS."""
    faultstring, errorcode = GATEWAY_FAULTS[fault]
    body = {"fault": {"faultstring": faultstring, "detail": {"errorcode": errorcode}}}
    return ApiError(401, body)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a value: its place, in words, and as a machine-readable type."""

    loc: Loc
    msg: str
    type: str

    def to_json(self) -> dict[str, object]:
        return {"loc": list(self.loc), "msg": self.msg, "type": self.type}


class ValidationFailed(ApiError):
    """A 422 with all problems of one request, as HTTPValidationError."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(422, {"detail": [problem.to_json() for problem in problems]})
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = (f"{'.'.join(map(str, each.loc[1:]))}: {each.msg}" for each in self.problems)
        return f"{self.status}: {'; '.join(lines)}"


_LONGEST_COMPARED = 200  # characters


def closest(word: str, known: Sequence[str]) -> str:
    """Return ' (did you mean ...?)' for the nearest known word in any case, or ''."""
    question = nearest(word, known)
    return f" ({question})" if question else ""


def nearest(word: str, known: Sequence[str]) -> str:
    """Return "did you mean ...?" for the known word nearest to `word` in any case, or ''."""
    found = nearest_word(word, known)
    return f"did you mean {found!r}?" if found else ""


def nearest_word(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that is nearest to `word` in any case, or None if none is near.

    A known word has no nearest one: it is only in a wrong place. Neither has a long word, since the
    time that a comparison takes grows with the square of its length.
    """
    if word in known or len(word) > _LONGEST_COMPARED:
        return None
    folded = {each.casefold(): each for each in known if len(each) <= _LONGEST_COMPARED}
    matches = get_close_matches(word.casefold(), folded, n=1)
    return folded[matches[0]] if matches else None
