"""How an API words the errors that the machinery gives in its name: faults, `Prefer`, limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from emulator.errors import ApiError, body_of
from emulator.ids import IdSource
from emulator.jsontext import Json


@dataclass(frozen=True, slots=True)
class NamedError:
    """An error of an API that faults may ask for, by its code or slug.

    Without a `status` it is no answer to a request, but only a frame of a WebSocket.
    """

    code: str
    slug: str
    message: str = ""
    status: int | None = None


A_FAULT = NamedError("fault", "fault", "A fault that was asked for.")  # if no error is named


class Refused(NamedTuple):
    """A refused request: its path, and where its answer may take an id from.

    There are no `ids` if the caller has no world, or the request must not change it.
    """

    path: str
    ids: IdSource | None


# An error as the API words it, raised by the machinery or by a handler.
Rewording: TypeAlias = Callable[[ApiError, Refused], ApiError]


def keep(error: ApiError, refused: Refused) -> ApiError:
    """Return the error as it is."""
    return error


# The body of an answer, from its status, its message and its code; of a named error, its slug.
ErrorBody: TypeAlias = Callable[[int, str, str], Json]
# A line of a stream, from the error and the line in whose place it comes (b"" if there is none).
ErrorLine: TypeAlias = Callable[[NamedError, bytes], bytes]


@dataclass(frozen=True, slots=True)
class ErrorShapes:
    """The shapes of one API, and the named errors that any API gives to requests, by slug."""

    body: ErrorBody = body_of
    line: ErrorLine | None = None
    named: Mapping[str, NamedError] = field(default_factory=dict)
    reworded: Rewording = keep

    def find(self, slug: str | None) -> NamedError:
        """Return the error of that slug, or the one of faults that name none."""
        return A_FAULT if slug is None else self.named.get(slug, A_FAULT)

    def error(self, status: int, message: str, code: str, refused: Refused) -> ApiError:
        """Return an error that the machinery gives in the API's name, all in its words."""
        body = self.body(status, message, code)
        assert isinstance(body, dict)
        return self.reworded(ApiError(status, body, code=code), refused)


PLAIN = ErrorShapes()  # of an API that says nothing else


def shapes_of_path(shapes: Mapping[str, ErrorShapes], path: str) -> ErrorShapes:
    """Return the shapes for a path; `shapes` has them by the beginning of the path."""
    found = (each for prefix, each in shapes.items() if path.startswith(prefix))
    return next(found, PLAIN)
