"""What the vendor's TypeScript package does in Node when something breaks.

The tests state what was seen; docs/faults.md has it as a table.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.testing.world import Evi
from tests.contract.test_chat_typescript import Node, why_not

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.evi(audio_output=False),
]

RETRIED = (408, 429, 500, 502, 503, 504)
NOT_RETRIED = (400, 401, 403, 404, 405, 409, 413, 422)
FIRST_WAIT_MS, SECOND_WAIT_MS = pytest.approx(1000, rel=0.11), pytest.approx(2000, rel=0.11)
BEFORE = ["open", "chat_metadata", "user_message"]  # the assistant's first message


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The vendor's client, in a process that all tests share."""
    node = Node("faults.mjs")
    yield node
    node.close()


def ask(node: Node, evi: Evi, request: str = "list", **options: Any) -> dict[str, Any]:
    return node.hold(url=evi.url, apiKey=evi.api_key, request=request, options=options)


def talk(node: Node, evi: Evi, until: str, times: int = 1, **options: Any) -> dict[str, Any]:
    """A chat until that event has come so often."""
    return node.hold(url=evi.url, apiKey=evi.api_key, chat=options, until=[until, times])


def answers(evi: Evi) -> list[int | None]:
    """The statuses of all requests so far."""
    return [entry["status"] for entry in evi.journal.entries("http")]


# requests


@pytest.mark.parametrize("status", RETRIED)
def test_what_is_asked_again(node: Node, evi: Evi, status: int) -> None:
    """Twice, after one second and after two; then it throws what came last."""
    evi.faults.add("http", "status", status=status)
    result = ask(node, evi)
    assert result["status_code"] == status
    assert answers(evi) == [status] * 3
    assert result["waits"] == [FIRST_WAIT_MS, SECOND_WAIT_MS]


@pytest.mark.parametrize("status", NOT_RETRIED)
def test_what_is_not_asked_again(node: Node, evi: Evi, status: int) -> None:
    """It throws at once; unlike in Python, 409 is among these."""
    evi.faults.add("http", "status", status=status)
    result = ask(node, evi)
    assert (result["status_code"], answers(evi), result["waits"]) == (status, [status], [])


def test_a_retry_that_succeeds(node: Node, evi: Evi) -> None:
    """The caller sees nothing of it, and a config is created once."""
    evi.faults.add("http", "status", times=1)
    assert ask(node, evi, "create")["name"] == "A new one"
    assert answers(evi) == [503, 201]


@pytest.mark.parametrize(
    ("asked_s", "waited_ms"),
    [(1, 1000), (2, 2000), (1.5, 1000), (0, None), (0.05, None)],
)
def test_when_it_comes_back(node: Node, evi: Evi, asked_s: float, waited_ms: int | None) -> None:
    """Retry-After is obeyed in whole seconds, of a fraction only those; 0 is not understood."""
    evi.faults.add("http", "status", status=429, retry_after_s=asked_s, times=1)
    assert ask(node, evi)["waits"] == [FIRST_WAIT_MS if waited_ms is None else waited_ms]


def test_milliseconds_are_not_read(node: Node, evi: Evi) -> None:
    """Retry-After-Ms means nothing to it."""
    evi.faults.add("http", "status", status=429, headers={"Retry-After-Ms": "50"}, times=1)
    assert ask(node, evi)["waits"] == [FIRST_WAIT_MS]


def test_retries_can_be_turned_off(node: Node, evi: Evi) -> None:
    """With `maxRetries` 0 the first refusal is thrown."""
    evi.faults.add("http", "status")
    assert ask(node, evi, maxRetries=0)["status_code"] == 503
    assert answers(evi) == [503]


def test_a_preference(node: Node, evi: Evi) -> None:
    """A header of one call is enough to see how it fails."""
    assert ask(node, evi, headers={"Prefer": "code=404"})["status_code"] == 404
    assert ask(node, evi)["name"]


@pytest.mark.parametrize(("fault", "number"), [("reset", 0), ("lost", 1), ("truncated", 1)])
def test_a_connection_that_breaks(node: Node, evi: Evi, fault: str, number: int) -> None:
    """A HumeError without a status, and no retry: a lost answer leaves a config behind."""
    evi.faults.add("http", fault)
    result = ask(node, evi, "create")
    assert (result["error"], result["status_code"], result["waits"]) == ("HumeError", None, [])
    evi.journal.wait_for("http", operation="create-config")
    assert [config["name"] for config in evi.configs].count("A new one") == number
    assert len(answers(evi)) == 1


def test_an_answer_that_is_no_json(node: Node, evi: Evi) -> None:
    """It is taken for a success with nothing in it."""
    evi.faults.add("http", "garbage")
    result = ask(node, evi)
    assert result == {"name": None, "waits": []}
    assert answers(evi) == [200]


def test_an_answer_that_is_too_late(node: Node, evi: Evi) -> None:
    """A HumeError that says so (not HumeTimeoutError), and no retry."""
    evi.faults.add("http", "delay", delay_ms=500)
    result = ask(node, evi, timeoutInSeconds=0.1)
    assert (result["error"], result["message"]) == ("HumeError", '"timeout"')
    assert len(evi.journal.entries("fault")) == 1


# chats


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"fault": "vanish"}, 1006),
        ({"fault": "half_frame"}, 1006),
        ({"fault": "close", "code": 1001}, 1001),
        ({"fault": "close", "code": 1011}, 1011),
        ({"fault": "close", "code": 4001}, 4001),
    ],
)
def test_a_chat_that_breaks(node: Node, evi: Evi, rule: dict[str, Any], code: int) -> None:
    """It connects again after one to five seconds: to a new chat, in a group of its own."""
    evi.faults.add("socket", **rule, type="assistant_message", times=1)
    result = talk(node, evi, "assistant_end", 1)
    events = [each for each in result["events"] if not each.startswith("assistant_")]
    assert events == [*BEFORE, f"close {code}", *BEFORE]
    assert 1000 <= result["waits"][0] <= 5000
    assert len({chat.group_id for chat in evi.chats if chat.messages[0][1] == "Hello"}) == 2


def test_a_chat_that_resumes(node: Node, evi: Evi) -> None:
    """It connects again with the same query: a group that it resumed goes on."""
    group_id = evi.simulate(user=["My name is Ada"]).group_id
    evi.faults.add("socket", "vanish", type="assistant_message", times=1)
    talk(node, evi, "assistant_end", 1, resumedChatGroupId=group_id)
    assert [chat.group_id for chat in evi.chats].count(group_id) == 3


def test_a_chat_that_is_closed_in_peace(node: Node, evi: Evi) -> None:
    """After 1000 it does not connect again."""
    evi.faults.add("socket", "close", code=1000, type="assistant_message")
    result = talk(node, evi, "close 1000")
    assert (result["events"], result["waits"]) == ([*BEFORE, "close 1000"], [])


def test_an_error_frame(node: Node, evi: Evi) -> None:
    """It is a message like others, and the close after it is one in peace."""
    evi.faults.add("socket", "error", type="user_message")
    result = talk(node, evi, "close 1000")
    assert (result["events"], result["waits"]) == ([*BEFORE, "error", "close 1000"], [])


def test_reconnecting_can_be_turned_off(node: Node, evi: Evi) -> None:
    """With `reconnectAttempts` 0 a break is the end."""
    evi.faults.add("socket", "vanish", type="assistant_message")
    result = talk(node, evi, "close 1006", reconnectAttempts=0)
    assert (result["events"], result["waits"]) == ([*BEFORE, "close 1006"], [])


def test_the_number_of_attempts(node: Node, evi: Evi) -> None:
    """It connects again as often as `reconnectAttempts` says, while no connection lasts."""
    evi.faults.add("socket", "vanish", type="assistant_message")
    result = talk(node, evi, "close 1006", 3, reconnectAttempts=2)
    assert result["events"] == [*BEFORE, "close 1006"] * 3
    assert len(result["waits"]) == 2


def test_the_number_of_attempts_when_all_is_slow(node: Node, evi: Evi) -> None:
    """A connection that lasts for less than five seconds is no good one, and counts."""
    evi.faults.add("socket", "delay", type="user_message", delay_ms=400)
    evi.faults.add("socket", "vanish", type="assistant_message")
    result = talk(node, evi, "close 1006", 2, reconnectAttempts=1)
    assert result["events"] == [*BEFORE, "close 1006"] * 2
    assert len(result["waits"]) == 1


def test_a_frame_of_garbage(node: Node, evi: Evi) -> None:
    """Nobody catches its SyntaxError, which ends a program; if not, no more messages come."""
    evi.faults.add("socket", "garbage", type="assistant_message", times=1)
    task = {"chat": {}, "until": ["uncaught SyntaxError", 1], "linger": 200}
    result = node.hold(url=evi.url, apiKey=evi.api_key, **task)
    assert result["events"] == [*BEFORE, "uncaught SyntaxError"]


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refused_upgrade(node: Node, evi: Evi, status: int) -> None:
    """Its error names the status, a close with 1000 comes, and it does not connect again."""
    evi.faults.add("socket", "refuse", status=status, retry_after_s=1)
    error = f"error: Unexpected server response: {status}"
    result = talk(node, evi, error)
    assert set(result["events"]) == {"close 1000", error}
    assert result["waits"] == []
    assert len(evi.journal.entries("fault")) == 1
