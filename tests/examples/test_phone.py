"""The phone server of the examples: its own tests, and how both sides of a call sound."""

import os
import re
import subprocess
import sys
from array import array

import pytest

from emulator.audio.mulaw import decode
from emulator.testing.world import Evi
from tests.examples.test_examples import EXAMPLES, run

pytestmark = pytest.mark.process

QUESTION, ANSWER = "Where is my order?", "It left our warehouse this morning."


def test_its_tests_pass() -> None:
    """As the page says, by `pytest` in its folder."""
    done = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], EXAMPLES / "phone")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def loudest(sound: bytes) -> int:
    return max(array("h", decode(sound)), default=0)


def test_sound_arrives_on_both_sides(evi: Evi) -> None:
    """The caller hears tones, and the chat hears a turn that is as long as what the caller said."""
    evi.clock.freeze()
    evi.script.on_user("order").say(ANSWER)
    command = [sys.executable, "-W", "ignore", "phone/server.py", "0"]
    with subprocess.Popen(
        command,
        cwd=EXAMPLES,
        env={**os.environ, **evi.env},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)
            url = next(match[0] for match in found if match)
            call = evi.call(f"{url}/twiml", [QUESTION])
        finally:
            process.terminate()
    assert call.heard == ["Welcome to the order desk.", ANSWER]
    assert loudest(call.record.caller_sound) > 3_000
    assert loudest(call.record.answerer_sound) > 3_000
    assert evi.chats[-1].messages == [("user", QUESTION), ("assistant", ANSWER)]
