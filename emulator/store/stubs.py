"""Stubs: answers that an operation gives instead of its handler's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from emulator.jsontext import Json, JsonObject
from emulator.redaction.values import hide_in_json

MATCHED_BY = ("path", "query", "headers", "body")


@dataclass(frozen=True, slots=True)
class StubRequest:
    """A request as stubs see it.

    A repeated parameter of the query has a list of texts. Names of headers are in lower case. The
    `body` is None unless it is JSON; `content` has its bytes in any case.
    """

    method: str
    path: str
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Json = None
    content: bytes = field(default=b"", repr=False)

    def facts(self) -> JsonObject:
        """Return what stubs are matched by."""
        return {name: getattr(self, name) for name in MATCHED_BY}


# Returns a body, a status, or a tuple: status, body and perhaps headers.
StubCallable: TypeAlias = Callable[[StubRequest], Any]


@dataclass(slots=True, repr=False)
class Stub:
    """The answer of an operation to its next `times` calls, or to all of them if that is None.

    `match` has what requests must have: a path, which may have wildcards, and some parameters of
    the query, some headers, and some fields of a JSON body. A stub with an `answer` asks it instead
    of giving its own status and body; `error` is what the callable raised at last.
    """

    id: str
    operation: str
    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    used: int = 0
    match: Mapping[str, Json] = field(default_factory=dict)
    answer: StubCallable | None = None
    check: bool = True  # False if what the callable returns need not fit the document
    error: BaseException | None = field(default=None, compare=False, repr=False)
    missed: StubRequest | None = field(default=None, compare=False, repr=False)  # by the match

    @property
    def is_used_up(self) -> bool:
        return self.times is not None and self.used >= self.times

    @property
    def is_unused(self) -> bool:
        """True if calls are still owed: fewer than `times` came, or none at all."""
        return self.used < (self.times or 1)

    @property
    def needs_request(self) -> bool:
        """True if the answer depends on the request."""
        return bool(self.match) or self.answer is not None

    def misfits(self, request: StubRequest) -> dict[str, Json]:
        """Return the parts of `match` that a request does not have."""
        facts = request.facts()
        return {
            name: wanted
            for name, wanted in self.match.items()
            if not _fits(name, wanted, facts[name])
        }

    def __str__(self) -> str:
        said = "a callable" if self.answer is not None else self.status
        match = hide_in_json(dict(self.match))
        matched = f" for {', '.join(f'{n} {v!r}' for n, v in match.items())}"
        return f"{self.operation} -> {said}{matched if self.match else ''}"

    def __repr__(self) -> str:
        return f"<stub {self}: used {self.used} of {self.times or 'any'} times>"

    def to_json(self) -> JsonObject:
        """Render it; a stub with a callable has `callable` true, and can't be made from this."""
        return {
            "id": self.id,
            "operation": self.operation,
            "status": self.status,
            "body": self.body,
            "headers": dict(self.headers),
            "times": self.times,
            "used": self.used,
            **({"match": dict(self.match)} if self.match else {}),
            **({} if self.answer is None else {"callable": True}),
        }


def _fits(name: str, wanted: Json, got: Json) -> bool:
    return fnmatchcase(str(got), str(wanted)) if name == "path" else _has(wanted, got)


def _has(wanted: Json, got: Json) -> bool:
    """True if a value is as wanted; an object may have more fields."""
    if isinstance(wanted, dict) and isinstance(got, Mapping):
        return all(name in got and _has(value, got[name]) for name, value in wanted.items())
    return bool(wanted == got)


def open_stubs(stubs: Iterable[Stub], operation: str) -> list[Stub]:
    """Return the stubs for an operation that are not used up, the oldest first."""
    return [stub for stub in stubs if stub.operation == operation and not stub.is_used_up]


def take_stub(stubs: Iterable[Stub], request: StubRequest | None) -> Stub | None:
    """Return the first of these stubs that fits a request, and count the use.

    Without a request, none of them may need one.
    """
    for stub in stubs:
        if request is None or not stub.misfits(request):
            stub.used += 1
            return stub
        stub.missed = request
    return None
