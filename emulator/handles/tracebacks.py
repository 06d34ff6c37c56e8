"""Short tracebacks: an error that a handle raises on purpose points at the test's own line.

A module of handles sets `__tracebackhide__ = is_on_purpose`, which pytest asks for each of its
frames. Of bugs, every frame is shown.
"""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from emulator.errors import EmulatorError
from emulator.handles.diagnosis import ExpectationFailed


def is_on_purpose(excinfo: Any) -> bool:
    """True if an error, in pytest's `ExceptionInfo`, speaks to who wrote the test."""
    return isinstance(excinfo.value, AssertionError | EmulatorError | LookupError | RuntimeError)


def shortened(error: BaseException) -> BaseException:
    """Return an error without the frames in which it was raised, unless it may be a bug."""
    if isinstance(error, ExpectationFailed | EmulatorError) or type(error) is LookupError:
        error.__suppress_context__ = True
        return error.with_traceback(None)
    return error


class ShortTraceback(AbstractContextManager[None]):
    """Shortens the traceback of an error that is raised on purpose within the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        short = None if error is None else shortened(error)
        if short is not None and short.__traceback__ is None:
            raise short


__tracebackhide__ = is_on_purpose
