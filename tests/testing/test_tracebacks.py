"""Where a failure points: at the test's own line, not into the emulator or through futures."""

import asyncio
import traceback
from collections.abc import Callable

import pytest
from _pytest._code import ExceptionInfo

from emulator import Emulator, Evi
from emulator.apis.evi.testing.chat import ChatHandle
from emulator.handles.tracebacks import shortened

MOST = 4  # frames that Python itself shows below the test's: a method or two, and the bridge


def a_chat(evi: Evi) -> ChatHandle:
    return evi.simulate(user=["Hello"])


FAILURES: dict[str, Callable[[Evi], object]] = {
    "chat.expect": lambda evi: a_chat(evi).expect("user_input", text="Bye", timeout=0),
    "a type that no client sends": lambda evi: a_chat(evi).expect("usr_input"),
    "chat.closed": lambda evi: a_chat(evi).closed(1008, timeout=0),
    "chat.send": lambda evi: a_chat(evi).send(type="user_input", text="Hi"),
    "next_chat": lambda evi: evi.next_chat(timeout=0),
    "chat": lambda evi: evi.chat("nobody"),
    "a script's content": lambda evi: evi.simulate(script={"rules": [{"sya": "Hi"}]}),
    "a script's rule": lambda evi: evi.script.on_user("!").say("Hi"),
    "a script's name": lambda evi: evi.use_script("wether"),
    "a config": lambda evi: evi.simulate(user=["Hi"], config_id="nobody"),
    "configs": lambda evi: evi.configs["nobody"],
    "webhooks.wait_for": lambda evi: evi.webhooks.wait_for("chat_ended", timeout=0),
    "webhooks.trigger": lambda evi: evi.webhooks.trigger("chat_end"),
    "receiver.wait_for": lambda evi: evi.webhook_receiver().wait_for("chat_ended", timeout=0),
    "journal.wait_for": lambda evi: evi.journal.wait_for("http", timeout=0),
    "journal.entries": lambda evi: evi.journal.entries("htp"),
    "tts.expect": lambda evi: evi.tts.expect(text="Hi", timeout=0),
    "expression.expect": lambda evi: evi.expression.expect("audio", timeout=0),
    "expression.script": lambda evi: evi.expression.script("sing"),
    "phone.call": lambda evi: evi.call("http://127.0.0.1:9/", user=[{"kyes": "1"}]),
    "stub": lambda evi: evi.stub("list-config"),
    "faults.add": lambda evi: evi.faults.add("http", "statsu"),
    "clock.advance": lambda evi: evi.clock.advance(seconds=-1),
    "seed": lambda evi: evi.seed({"configs": [{}]}),
}


def failure_of(act: Callable[[Evi], object], evi: Evi) -> ExceptionInfo[Exception]:
    with pytest.raises((AssertionError, Exception)) as failed:
        act(evi)
    return failed


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_points_at_the_test(evi: Evi, name: str) -> None:
    """pytest shows no frame of the emulator; Python shows the method that was called, at most."""
    failed = failure_of(FAILURES[name], evi)
    shown = failed.traceback.filter(failed)
    assert [entry for entry in shown if "/emulator/" in str(entry.path)] == []
    own = [frame for frame in traceback.extract_tb(failed.tb) if "/tests/" not in frame.filename]
    assert len(own) <= MOST, own
    assert not [frame for frame in own if "concurrent" in frame.filename], own


def test_in_async_tests(evi: Evi) -> None:
    """The verbs that are awaited fail alike."""
    failed = failure_of(lambda evi: asyncio.run(evi.anext_chat(timeout=0)), evi)
    shown = failed.traceback.filter(failed)
    assert [entry for entry in shown if "/emulator/" in str(entry.path)] == []
    assert "thread.py" not in "".join(str(entry.path) for entry in shown)


def test_what_pytest_prints(pytester: pytest.Pytester) -> None:
    """The report of a failed expectation: the test's lines, what was wanted, the timeline."""
    pytester.makepyfile(
        """
        def test_fails(evi):
            evi.simulate(user=["Hello"]).expect("user_input", text="Bye", timeout=0)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:schemathesis")
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert "concurrent" not in told
    assert "emulator/" not in told
    result.stdout.fnmatch_lines(["E * the client sent no type='user_input', text='Bye' before *"])


def test_bugs_show_every_frame(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no mistake of the test's leads to where it was raised."""

    def broken(world: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(evi.world), "reset", broken)
    failed = failure_of(lambda evi: evi.reset(), evi)
    shown = failed.traceback.filter(failed)
    assert [entry.name for entry in shown][-1] == "broken"
    assert "run" in [entry.name for entry in shown]


def test_errors_keep_what_they_say(evi_server: Emulator) -> None:
    """Only the frames go: a wrong setting is told as before."""
    with pytest.raises(Exception, match="no setting 'sed'"):
        evi_server.world(sed="empty")
    error = KeyError("a bug, perhaps")
    assert shortened(error.with_traceback(None)) is error
