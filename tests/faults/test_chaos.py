"""The line that asks for faults by chance."""

import pytest

from emulator.errors import UsageError
from emulator.faults.chaos import NAMES, SHORT, read_chaos
from emulator.faults.rules import Faults
from emulator.faults.table import KINDS


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_a_rule(name: str) -> None:
    """Each can be added as it is read, and strikes by that chance."""
    [wanted] = read_chaos(f"{name}=.25")
    rule = Faults().add(**wanted)
    assert rule.probability == 0.25
    assert rule.match == {}
    assert rule.times is None


def test_every_fault_has_a_name() -> None:
    """Of every kind, after its prefix."""
    named = {(each["kind"], each["fault"]) for each in NAMES.values()}
    assert named == {(kind, fault) for kind in KINDS for fault in KINDS[kind].faults}
    assert SHORT.keys() <= NAMES.keys()


def test_several_in_their_order() -> None:
    """With blanks, numbers of any form, and a comma too many."""
    read = read_chaos(" ws_drop=.05, http_5xx=0.02 ,webhook_duplicate=1,http_reset=1e-3,")
    assert [(each["kind"], each["fault"], each["probability"]) for each in read] == [
        ("socket", "vanish", 0.05),
        ("http", "status", 0.02),
        ("webhook", "duplicate", 1.0),
        ("http", "reset", 0.001),
    ]
    assert set(read[1]["status"]) == {500, 502, 503, 504}


@pytest.mark.parametrize("line", ["", " ", ",", " , "])
def test_no_chaos(line: str) -> None:
    """Nothing is asked for."""
    assert read_chaos(line) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ws_dorp=.1", "no chaos 'ws_dorp' (did you mean 'ws_drop'?)"),
        ("http_5xx=.1,htp_429=.1", "(did you mean 'http_429'?)"),
        ("socket_vanish=.1", "no chaos 'socket_vanish'"),
        ("ws_drop .1", "no chaos 'ws_drop .1'"),
        ("ws_drop", "ws_drop needs a probability above 0, at most 1, got 'ws_drop'"),
        ("ws_drop=", "got 'ws_drop='"),
        ("ws_drop=often", "got 'ws_drop=often'"),
        ("ws_drop=0", "got 'ws_drop=0'"),
        ("ws_drop=-.1", "got 'ws_drop=-.1'"),
        ("ws_drop=1.01", "got 'ws_drop=1.01'"),
        ("ws_drop=5%", "got 'ws_drop=5%'"),
        ("ws_drop=nan", "got 'ws_drop=nan'"),
        ("ws_drop=inf", "got 'ws_drop=inf'"),
        ("ws_drop=.1=.2", "got 'ws_drop=.1=.2'"),
    ],
)
def test_a_mistake(line: str, words: str) -> None:
    """It says which part is wrong, and what comes closest."""
    with pytest.raises(UsageError) as wrong:
        read_chaos(line)
    assert words in str(wrong.value)


def test_an_unknown_name_is_told_all() -> None:
    """The message lists what there is."""
    with pytest.raises(UsageError) as wrong:
        read_chaos("x=.1")
    assert all(name in str(wrong.value) for name in NAMES)
