"""What the vendor's Python package does when something breaks, sync and async.

The tests state what was seen; docs/faults.md has it as a table.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from json import JSONDecodeError
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hume import HumeClient
from hume.core import http_client
from hume.core.api_error import ApiError
from hume.empathic_voice import UserInput
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from emulator.faults.http import GARBAGE
from emulator.testing.world import Evi
from tests.contract.calls import async_client, sync_client
from tests.contract.chat_python import TIMEOUT_S, Chat, Connect, async_chat, sync_chat
from tests.testing.talking import http

# The vendor's client imports names that websockets means to remove.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
    pytest.mark.evi(audio_output=False),
]

RETRIED = (408, 409, 429, 500, 502, 503, 504)
NOT_RETRIED = (400, 401, 403, 404, 405, 413, 422)
FIRST_WAIT, SECOND_WAIT = pytest.approx(1, rel=0.11), pytest.approx(2, rel=0.11)  # with jitter
NEW_CONFIG = {"evi_version": "3", "name": "A new one"}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have waited before each retry, in s."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    its_time = SimpleNamespace(time=lambda: 0.0, sleep=waits.append)
    monkeypatch.setattr(http_client, "time", its_time)
    monkeypatch.setattr(http_client, "asyncio", SimpleNamespace(sleep=sleep))
    return waits


@pytest.fixture(params=[sync_client, async_client], ids=["HumeClient", "AsyncHumeClient"])
def client(request: pytest.FixtureRequest, evi: Evi) -> Iterator[HumeClient]:
    """Either client, with the world's key."""
    with request.param(evi.url, evi.api_key) as client:
        yield client


def list_configs(client: HumeClient, **options: Any) -> Any:
    configs = client.empathic_voice.configs
    return configs.list_configs(page_size=1, request_options=options or None).items


def create_config(client: HumeClient) -> Any:
    return client.empathic_voice.configs.create_config(**NEW_CONFIG)


def answers(evi: Evi) -> list[int | None]:
    """The statuses of all requests so far."""
    return [entry["status"] for entry in evi.journal.entries("http")]


def created(evi: Evi) -> int:
    return [config["name"] for config in evi.configs].count(NEW_CONFIG["name"])


# requests


@pytest.mark.parametrize("status", RETRIED)
def test_what_is_asked_again(client: HumeClient, evi: Evi, waits: list[float], status: int) -> None:
    """Twice, after one second and after two; then it raises what came last."""
    evi.faults.add("http", "status", status=status)
    with pytest.raises(ApiError) as refused:
        list_configs(client)
    assert refused.value.status_code == status
    assert answers(evi) == [status] * 3
    assert waits == [FIRST_WAIT, SECOND_WAIT]


@pytest.mark.parametrize("status", NOT_RETRIED)
def test_what_is_not_asked_again(
    client: HumeClient, evi: Evi, waits: list[float], status: int
) -> None:
    """It raises at once, with the body."""
    evi.faults.add("http", "status", status=status)
    with pytest.raises(ApiError) as refused:
        list_configs(client)
    assert (refused.value.status_code, answers(evi), waits) == (status, [status], [])
    assert refused.value.body


def test_a_retry_that_succeeds(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """The caller sees nothing of it, and a config is created once."""
    evi.faults.add("http", "status", times=1)
    assert create_config(client).name == NEW_CONFIG["name"]
    assert answers(evi) == [503, 201]
    assert created(evi) == 1


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(1, 1), (2, 2), (60, 60), (100, 60), (0, None), (0.05, None)]
)
def test_when_it_comes_back(
    client: HumeClient, evi: Evi, waits: list[float], asked_s: float, waited_s: float | None
) -> None:
    """Retry-After in whole seconds is obeyed, up to a minute; 0 and fractions not."""
    evi.faults.add("http", "status", status=429, retry_after_s=asked_s, times=1)
    assert list_configs(client)
    assert waits == [FIRST_WAIT if waited_s is None else waited_s]


def test_milliseconds_are_not_understood(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """It reads Retry-After-Ms, but compares the text with a number and gives up."""
    evi.faults.add("http", "status", status=429, headers={"Retry-After-Ms": "50"}, times=1)
    assert list_configs(client)
    assert waits == [FIRST_WAIT]


@pytest.mark.evi(clock="manual", requests_per_second=1)
def test_a_rate_limit(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """It waits as long as the emulator says, each time, and then gives up."""
    assert list_configs(client)
    with pytest.raises(ApiError) as refused:
        list_configs(client)
    assert refused.value.status_code == 429
    assert (waits, answers(evi)) == ([1, 1], [200, 429, 429, 429])


def test_retries_can_be_turned_off(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """With `max_retries` 0 the first refusal is raised."""
    evi.faults.add("http", "status")
    with pytest.raises(ApiError):
        list_configs(client, max_retries=0)
    assert (answers(evi), waits) == ([503], [])


def test_a_preference(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """A header of one call is enough to see how it fails."""
    with pytest.raises(ApiError) as refused:
        list_configs(client, additional_headers={"Prefer": "code=404"})
    assert refused.value.status_code == 404
    assert list_configs(client)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", httpx.ReadError),
        ("lost", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
    ],
)
def test_a_connection_that_breaks(
    client: HumeClient, evi: Evi, waits: list[float], fault: str, error: type[Exception]
) -> None:
    """httpx's own error, and no retry."""
    evi.faults.add("http", fault)
    with pytest.raises(error):
        list_configs(client)
    evi.journal.wait_for("http", path="/v0/evi/configs")
    assert (len(answers(evi)), waits) == (1, [])


@pytest.mark.parametrize(("fault", "number"), [("reset", 0), ("lost", 1), ("truncated", 1)])
def test_what_a_broken_connection_has_done(
    client: HumeClient, evi: Evi, fault: str, number: int
) -> None:
    """The client can't know: after a lost answer there is a config that it has no id of."""
    evi.faults.add("http", fault)
    with pytest.raises(httpx.TransportError):
        create_config(client)
    evi.journal.wait_for("http", operation="create-config")
    assert created(evi) == number


def test_an_answer_that_is_no_json(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """An ApiError with the status 200 and the text as its body; no retry."""
    evi.faults.add("http", "garbage")
    with pytest.raises(ApiError) as refused:
        list_configs(client)
    assert refused.value.status_code == 200
    assert GARBAGE.decode(errors="replace")[-5:] in refused.value.body
    assert (answers(evi), waits) == ([200], [])


def test_an_answer_that_is_too_late(client: HumeClient, evi: Evi, waits: list[float]) -> None:
    """httpx's ReadTimeout, and no retry."""
    evi.faults.add("http", "delay", delay_ms=500)
    with pytest.raises(httpx.ReadTimeout):
        list_configs(client, timeout_in_seconds=0.1)
    assert waits == []
    assert len(evi.journal.entries("fault")) == 1


@pytest.mark.slow
def test_a_slow_answer(client: HumeClient, evi: Evi) -> None:
    """Its timeout is for each piece: an answer in drops may take longer."""
    with http(evi) as plain:
        length = len(plain.get("/v0/evi/configs?page_size=1").content)
    evi.faults.add("http", "slow", bytes_per_s=length * 2)  # half a second
    assert list_configs(client, timeout_in_seconds=0.3)


# chats


@pytest.fixture(params=[sync_chat, async_chat], ids=["HumeClient", "AsyncHumeClient"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Opens a chat with either client."""
    chosen: Connect = request.param
    return chosen


HOW = pytest.mark.parametrize("by_callbacks", [False, True], ids=["iterating", "callbacks"])


def talk(connect: Connect, evi: Evi, by_callbacks: bool) -> list[Any]:
    """All types of messages that the client sees after a word; then its close code or error."""
    with connect(evi.url, evi.api_key, by_callbacks) as chat:
        chat.call("send_publish", UserInput(text="Hello"))
        return list(received(chat))


def received(chat: Chat) -> Iterator[Any]:
    """Until the client stops to receive: after an error by callbacks it tells a code, too."""
    while isinstance(item := chat.received.get(timeout=TIMEOUT_S), dict):
        yield item["type"]
    yield item


def chats_opened(evi: Evi) -> int:
    frames = evi.journal.entries("frame", direction="out")
    return sum(
        isinstance(each.get("content"), dict) and each["content"]["type"] == "chat_metadata"
        for each in frames
    )


BEFORE = ["chat_metadata", "user_message"]  # the assistant's first message


@HOW
@pytest.mark.parametrize(
    ("fault", "code"), [("vanish", 1006), ("half_frame", 1006), (1011, 1011), (4001, 4001)]
)
def test_a_chat_that_breaks(
    connect: Connect, evi: Evi, by_callbacks: bool, fault: str | int, code: int
) -> None:
    """ConnectionClosedError, raised or passed to the callback; it does not connect again."""
    if isinstance(fault, int):
        evi.faults.add("socket", "close", code=fault, type="assistant_message")
    else:
        evi.faults.add("socket", fault, type="assistant_message")
    *types, error = talk(connect, evi, by_callbacks)
    assert types == BEFORE
    assert isinstance(error, ConnectionClosedError)
    assert code == (1006 if error.rcvd is None else error.rcvd.code)
    assert chats_opened(evi) == 1


@HOW
@pytest.mark.parametrize("code", [1000, 1001])
def test_a_chat_that_is_closed_in_peace(
    connect: Connect, evi: Evi, by_callbacks: bool, code: int
) -> None:
    """1000 and 1001 are no errors: there are just no more messages."""
    evi.faults.add("socket", "close", code=code, type="assistant_message")
    assert talk(connect, evi, by_callbacks) == [*BEFORE, code]
    assert chats_opened(evi) == 1


@HOW
def test_an_error_frame(connect: Connect, evi: Evi, by_callbacks: bool) -> None:
    """It is a message like others, and the close after it is one in peace."""
    evi.faults.add("socket", "error", type="user_message")
    assert talk(connect, evi, by_callbacks) == [*BEFORE, "error", 1000]


@HOW
def test_a_frame_of_garbage(connect: Connect, evi: Evi, by_callbacks: bool) -> None:
    """JSONDecodeError, raised or passed to the callback; it receives no more."""
    evi.faults.add("socket", "garbage", type="assistant_message", times=1)
    *types, error = talk(connect, evi, by_callbacks)
    assert types == BEFORE
    assert isinstance(error, JSONDecodeError)


@pytest.mark.parametrize(
    ("fault", "order"),
    [("duplicate", (0, 0, 1)), ("reorder", (1, 0))],
)
def test_frames_that_come_otherwise(
    connect: Connect, evi: Evi, fault: str, order: tuple[int, ...]
) -> None:
    """It passes them on as they come."""
    evi.script.on_anything().say("I see.")
    evi.faults.add("socket", fault, type="assistant_message", times=1)
    evi.faults.add("socket", "close", code=1000, type="assistant_end")
    kinds = ("assistant_message", "assistant_prosody")
    expected = [*BEFORE, *(kinds[index] for index in order), 1000]
    assert talk(connect, evi, False) == expected


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refused_upgrade(connect: Connect, evi: Evi, status: int) -> None:
    """It asks once, whatever Retry-After says.

    HumeClient raises the error of websockets, AsyncHumeClient its own without the answer's body.
    """
    evi.faults.add("socket", "refuse", status=status, retry_after_s=1)
    with ExitStack() as stack, pytest.raises((InvalidStatus, ApiError)) as refused:
        stack.enter_context(connect(evi.url, evi.api_key))
    error = refused.value
    if connect is sync_chat:
        assert isinstance(error, InvalidStatus)
        assert error.response.status_code == status
    else:
        assert isinstance(error, ApiError)
        assert error.status_code == status
        assert "initiali" in error.body
    assert len(evi.journal.entries("fault")) == 1
