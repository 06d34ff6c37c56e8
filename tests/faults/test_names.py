"""What rules of faults may name: error frames by slug or code."""

import pytest

from emulator.api import fault_names
from emulator.apis.evi.api import EVI
from emulator.error_shapes import NamedError
from emulator.faults.names import FaultNames
from emulator.faults.table import FaultMistake
from tests.served import SERVED

NAMES = fault_names(SERVED)
TWO_APIS = FaultNames(
    errors=[
        NamedError("E1", "uncaught"),
        NamedError("T1", "uncaught", "An error.", 500),
        NamedError("T2", "broken"),
    ]
)


@pytest.mark.parametrize("error", EVI.errors, ids=lambda each: each.slug)
def test_an_error_frame_by_slug_or_code(error: NamedError) -> None:
    """Either names it."""
    assert [NAMES.find_error(name, "socket") for name in (error.slug, error.code)] == [error] * 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("uncaugt", "no error frame 'uncaugt' (did you mean 'uncaught'?); known: uncaught, "),
        ("E0713", "no error frame 'E0713' (did you mean 'E0715'?); known: uncaught, "),
    ],
)
def test_an_unknown_error_frame(name: str, words: str) -> None:
    """The message has the nearest slug or code, and every slug."""
    with pytest.raises(FaultMistake) as caught:
        NAMES.find_error(name, "socket")
    assert caught.value.field == "error"
    assert str(caught.value).startswith(words)
    assert all(slug in str(caught.value) for slug in {each.slug for each in EVI.errors})


def test_error_frames_of_several_apis() -> None:
    """They may share a slug, which is listed once."""
    assert TWO_APIS.to_json()["error"] == ["uncaught", "broken"]
    assert TWO_APIS.find_error("T1", "socket").slug == "uncaught"


def test_an_error_of_requests() -> None:
    """It has a status; errors without one are of sockets alone."""
    assert TWO_APIS.find_error("uncaught", "http").code == "T1"
    with pytest.raises(FaultMistake) as caught:
        TWO_APIS.find_error("broke", "http")
    assert str(caught.value) == "no error of requests 'broke'; known: uncaught"
    with pytest.raises(FaultMistake, match="known: none"):
        FaultNames().find_error("uncaught", "http")


@pytest.mark.parametrize(
    ("names", "operation", "words"),
    [
        (FaultNames(["a"]), "a", "these do: none"),
        (FaultNames(["a", "b"], line_operations=["b"]), "a", "these do: b"),
        (FaultNames(["a", "b"], line_operations=["b"]), "c", "no operation 'c'"),
    ],
)
def test_an_error_line_needs_a_stream_of_lines(
    names: FaultNames, operation: str, words: str
) -> None:
    """A rule that could strike nothing is refused."""
    with pytest.raises(FaultMistake, match=words) as caught:
        names.check_operation(operation, "error_line")
    assert caught.value.field == "operation"
    FaultNames(["b"], line_operations=["b"]).check_operation("b", "error_line")
