"""What rules of faults may name: error frames by slug or code."""

import pytest

from emulator.api import fault_names
from emulator.apis.evi.api import EVI
from emulator.faults.names import FaultNames
from emulator.faults.table import FaultMistake
from tests.served import SERVED

NAMES = fault_names(SERVED)


@pytest.mark.parametrize(("code", "slug"), EVI.socket_errors.items())
def test_an_error_frame_by_slug_or_code(code: str, slug: str) -> None:
    """Either names it."""
    assert [NAMES.error_slug(name) for name in (slug, code)] == [slug, slug]


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
        NAMES.error_slug(name)
    assert caught.value.field == "error"
    assert str(caught.value).startswith(words)
    assert all(slug in str(caught.value) for slug in EVI.socket_errors.values())


def test_error_frames_of_several_apis() -> None:
    """They may share a slug, which is listed once."""
    names = FaultNames(errors={"E1": "uncaught", "T1": "uncaught", "T2": "broken"})
    assert names.to_json()["error"] == ["uncaught", "broken"]
    assert names.error_slug("T1") == "uncaught"
