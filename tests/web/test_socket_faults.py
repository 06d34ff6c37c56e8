"""What a client of a chat's WebSocket receives when it is to break, and what the chat is then."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.state import EviState
from emulator.errors import UsageError, body_of
from emulator.faults.sockets import GARBAGE
from emulator.faults.table import CLOSE_CODES, KINDS
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from emulator.web.short_circuit import FAULT_HEADER
from tests.testing.talking import get
from tests.web.wire import CLOSE, PATIENCE_S, TEXT, Wire

pytestmark = [pytest.mark.evi(audio_output=False), pytest.mark.usefixtures("no_error_is_logged")]

FAULTS = tuple(KINDS["socket"].faults)
OF_FRAMES = tuple(fault for fault in FAULTS if fault != "refuse")
TURN = ("user_message", "assistant_message", "assistant_prosody", "assistant_end")

WHOLE = ("chat_metadata", *TURN)
QUICK: Mapping[str, dict[str, Any]] = {"delay": {"delay_ms": 1}}
INACTIVITY_S = 600
BREAKS = ({"fault": "close", "code": 1011}, {"fault": "vanish"}, {"fault": "half_frame"})


@pytest.fixture
def evi(evi: Evi) -> Evi:
    """A world whose assistant answers with one sentence."""
    evi.script.on_anything().say("I see.")
    return evi


class Client:
    """The client's end of a WebSocket: the texts that came, and how it ended."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.texts: list[str] = []

    def say(self, text: str = "Hello") -> "Client":
        self.socket.send(json.dumps({"type": "user_input", "text": text}))
        return self

    def read(self) -> str:
        """The next text."""
        text = self.socket.recv(timeout=PATIENCE_S)
        assert isinstance(text, str)
        self.texts.append(text)
        return text

    def read_until(self, *kinds: str) -> "Client":
        """Until a frame of one of these types has come."""
        while kind(self.read()) not in kinds:
            pass
        return self

    def read_on(self, number: int) -> "Client":
        for _ in range(number):
            self.read()
        return self

    def read_all(self) -> "Client":
        """Until the connection has ended."""
        try:
            while True:
                self.read()
        except ConnectionClosed:
            return self

    def read_what_came(self) -> "Client":
        """All that the server has sent by now: what it sent comes before its answer to a ping."""
        assert self.socket.ping().wait(PATIENCE_S), "the connection is not open"
        try:
            while True:
                text = self.socket.recv(timeout=0)
                assert isinstance(text, str)
                self.texts.append(text)
        except TimeoutError:
            return self

    @property
    def kinds(self) -> list[str]:
        return [kind(text) for text in self.texts]

    @property
    def metadata(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.texts[0])
        return content

    @property
    def code(self) -> int | None:
        """With which it was closed."""
        return self.socket.close_code


def kind(text: str) -> str:
    return "garbage" if text == GARBAGE else str(json.loads(text)["type"])


@contextmanager
def chatting(evi: Evi, path: str = "", **query: str) -> Iterator[Client]:
    address = f"{evi.ws_url}{path}?{urlencode({'api_key': evi.api_key, **query})}"
    with connect(address, proxy=None, max_queue=None) as socket:
        yield Client(socket)


@contextmanager
def one_turn(evi: Evi, text: str = "Hello") -> Iterator[Client]:
    """A client that has said something, before the frames of the answer are read."""
    with chatting(evi) as client:
        yield client.say(text)


def refusal(evi: Evi, path: str = "") -> tuple[int, Any, Any]:
    """The status, the headers and the body of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused, chatting(evi, path):
        pass
    response = refused.value.response
    return response.status_code, response.headers, json.loads(response.body or b"null")


def used(evi: Evi) -> list[dict[str, Any]]:
    return evi.journal.entries("fault")


def chat_of(evi: Evi, client: Client) -> Any:
    """A chat as REST shows it."""
    return get(evi, f"/v0/evi/chats/{client.metadata['chat_id']}")


def status_in_the_end(evi: Evi, client: Client) -> str:
    """Of a chat whose socket is about to be found closed."""
    chat, give_up = evi.chat(client.metadata["chat_id"]), time.monotonic() + PATIENCE_S
    while chat.is_live:
        assert time.monotonic() < give_up, "the chat goes on"
    return str(chat.status)


def twice(kinds: Sequence[str]) -> list[str]:
    """The types of frames that came twice in a row."""
    return [one for one, next_one in zip(kinds, kinds[1:], strict=False) if one == next_one]


# each fault


def test_a_chat_that_is_whole(evi: Evi) -> None:
    """Without rules a turn has these frames; all that follows is seen beside them."""
    with one_turn(evi) as client:
        assert client.read_until("assistant_end").kinds == list(WHOLE)
    assert used(evi) == []


@pytest.mark.parametrize("fault", OF_FRAMES)
def test_a_use_is_in_the_journal(evi: Evi, fault: str) -> None:
    """An entry 'fault' says which rule struck which frame of which chat."""
    options = QUICK.get(fault, {})
    rule = evi.faults.add("socket", fault, type="assistant_message", times=1, **options)
    with one_turn(evi) as client:
        client.read()
        entry = evi.journal.wait_for("fault")

    told = {name: entry[name] for name in ("rule", "of", "fault", "turn", "frame", "type")}
    assert told == {
        "rule": rule.id,
        "of": "socket",
        "fault": fault,
        "turn": 1,
        "frame": WHOLE.index("assistant_message") + 1,
        "type": "assistant_message",
    }
    assert entry["chat_id"] == client.metadata["chat_id"]
    assert isinstance(entry["at_ms"], int)
    assert (rule.used, len(used(evi))) == (1, 1)


def test_the_journal_is_in_the_order_of_time(evi: Evi) -> None:
    """The entry of a fault has the world's time, as all entries have."""
    evi.faults.add("socket", "duplicate", type="assistant_end")
    with one_turn(evi) as client:
        client.read_until("assistant_end")
    times = [entry["at_ms"] for entry in evi.journal.entries()]
    assert times == sorted(times)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_refused_upgrade(evi: Evi, status: int) -> None:
    """An HTTP answer in the service's shape instead of the upgrade, and no chat."""
    before = len(evi.chats)
    rule = evi.faults.add("socket", "refuse", status=status, retry_after_s=3, times=1)
    got, headers, body = refusal(evi)

    assert got == status
    assert body == body_of(status, "A fault that was asked for.", "fault")
    assert (headers["Retry-After"], headers[FAULT_HEADER]) == ("3", rule.id)
    assert headers["Content-Type"] == "application/json"
    assert len(evi.chats) == before
    [entry] = used(evi)
    assert (entry["rule"], entry["of"], entry["fault"]) == (rule.id, "socket", "refuse")
    with chatting(evi) as client:
        assert kind(client.read()) == "chat_metadata"


def test_a_refusal_without_more(evi: Evi) -> None:
    """By default it is a 503 that does not say when to come back."""
    evi.faults.add("socket", "refuse")
    status, headers, _ = refusal(evi)
    assert status == KINDS["socket"].faults["refuse"].options["status"]
    assert "Retry-After" not in headers


SOME_CODES = [code for code in CLOSE_CODES if code <= 3000 or code in (4001, 4999)]


@pytest.mark.parametrize("code", SOME_CODES)
def test_a_close(evi: Evi, code: int) -> None:
    """With its code and its reason, after all frames before the one that it strikes."""
    evi.faults.add("socket", "close", code=code, reason="for a test", type="assistant_message")
    with one_turn(evi) as client:
        assert client.read_all().kinds == ["chat_metadata", "user_message"]
        assert (client.code, client.socket.close_reason) == (code, "for a test")
    ends = evi.journal.wait_for("frame", close=code)
    assert ends["direction"] == "out"


def test_a_client_that_vanished(evi: Evi) -> None:
    """Its client sees 1006, and what was sent before."""
    evi.faults.add("socket", "vanish", type="assistant_message")
    with one_turn(evi) as client:
        assert client.read_all().kinds == ["chat_metadata", "user_message"]
        assert client.code == 1006


def on_the_wire(evi: Evi, text: str) -> Wire:
    path = evi.ws_url.removeprefix(evi.url.replace("http", "ws"))
    return Wire(evi.url, evi.api_key).upgrade(path).say(text).read()


def test_vanishing_on_the_wire(evi: Evi) -> None:
    """No close frame and no part of a frame: the connection ends between two of them."""
    evi.faults.add("socket", "vanish", frame=3)
    wire = on_the_wire(evi, "Hello")
    assert [opcode for opcode, _ in wire.frames] == [TEXT, TEXT]
    assert (wire.rest, wire.was_reset) == (b"", False)


@pytest.mark.parametrize("length", [10, 300, 70_000])
def test_half_a_frame_on_the_wire(evi: Evi, length: int) -> None:
    """Frames before it are whole, then comes half of the next, whatever its size."""
    evi.faults.add("socket", "half_frame", type="user_message")
    wire = on_the_wire(evi, "x" * length)

    [(opcode, content)] = wire.frames
    assert (opcode, json.loads(content)["type"]) == (TEXT, "chat_metadata")
    assert length / 2 <= len(wire.rest) < length + 1_000
    assert wire.rest[0] == 0x80 | TEXT
    assert b'"user_message"' in wire.rest
    assert not wire.was_reset


def test_half_a_frame_for_a_client(evi: Evi) -> None:
    """It never sees the half: for it the connection has broken, 1006."""
    evi.faults.add("socket", "half_frame", type="assistant_message")
    with one_turn(evi) as client:
        assert client.read_all().kinds == ["chat_metadata", "user_message"]
        assert client.code == 1006


def test_a_stall(evi: Evi) -> None:
    """Nothing more comes, but the connection is open, and REST shows how the chat goes on."""
    evi.faults.add("socket", "stall", type="assistant_message", times=1)
    with one_turn(evi) as client:
        client.read_until("user_message")
        client.say("Are you there?")
        said = evi.journal.wait_for("frame", chat_id=client.metadata["chat_id"], direction="in")
        evi.journal.wait_for("frame", after=said["seq"], direction="in")
        assert client.read_what_came().kinds == ["chat_metadata", "user_message"]

        shown = chat_of(evi, client)
        said_by_user = [e["message_text"] for e in shown["events_page"] if e["role"] == "USER"]
        assert said_by_user == ["Hello", "Are you there?"]
        assert shown["status"] == "ACTIVE"
    assert status_in_the_end(evi, client) == "USER_ENDED"


@pytest.mark.evi(clock="manual")
def test_a_stalled_socket_is_not_told_of_the_end(evi: Evi) -> None:
    """Not even a close comes when the chat is over."""
    evi.faults.add("socket", "stall", type="assistant_end")
    with one_turn(evi) as client:
        client.read_until("assistant_prosody")
        evi.clock.advance(seconds=INACTIVITY_S)
        assert chat_of(evi, client)["status"] == "INACTIVITY_TIMEOUT"
        assert client.read_what_came().kinds == list(WHOLE[:-1])


@pytest.mark.parametrize("name", [*CHAT_ERRORS, *(text.code for text in CHAT_ERRORS.values())])
def test_an_error_frame(evi: Evi, name: str) -> None:
    """It follows the frame that is struck; the chat ends with it or goes on, as the table says."""
    [text] = [each for each in CHAT_ERRORS.values() if name in (each.slug, each.code)]
    evi.faults.add("socket", "error", error=name, type="user_message", times=1)
    with one_turn(evi) as client:
        if text.ends:
            assert client.read_all().kinds == ["chat_metadata", "user_message", "error"]
            assert client.code == 1000
        else:
            client.read_until("assistant_end")
            assert client.kinds == ["chat_metadata", "user_message", "error", *TURN[1:]]
            assert chat_of(evi, client)["status"] == "ACTIVE"
            assert client.say().read_until("assistant_end").kinds[-4:] == list(TURN)
        error = json.loads(client.texts[2])
    assert (error["code"], error["slug"]) == (text.code, text.slug)
    assert error["message"]


def test_the_words_of_an_error_frame(evi: Evi) -> None:
    """Where the words have blanks that nobody has filled, dots stand there."""
    for slug, text in CHAT_ERRORS.items():
        if not text.ends:
            evi.faults.add("socket", "error", error=slug, type="user_message", times=1)
    with chatting(evi) as client:
        for _ in list(evi.faults):
            client.say().read_until("assistant_end")
    messages = [json.loads(text)["message"] for text in client.texts if kind(text) == "error"]
    assert len(messages) == len(list(evi.faults))
    assert [each for each in messages if "{" in each.replace("{{...}}", "")] == []


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        ("uncaught", "ERROR"),
        ("transcription_failure", "ERROR"),
        ("inactivity_timeout", "INACTIVITY_TIMEOUT"),
        ("max_duration_timeout", "MAX_DURATION_TIMEOUT"),
    ],
)
def test_a_chat_that_ends_with_an_error(evi: Evi, slug: str, status: str) -> None:
    """Its history has the status that fits."""
    evi.faults.add("socket", "error", error=slug, message="In my own words.", turn=1)
    with one_turn(evi) as client:
        client.read_all()
    assert json.loads(client.texts[-1])["message"] == "In my own words."
    assert chat_of(evi, client)["status"] == status


def test_garbage(evi: Evi) -> None:
    """A text that is no JSON stands in place of the frame; all else comes."""
    evi.faults.add("socket", "garbage", type="assistant_message", times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
    assert client.kinds == ["chat_metadata", "user_message", "garbage", *TURN[2:]]
    with pytest.raises(ValueError, match=r".+"):
        json.loads(client.texts[2])


def test_a_frame_twice(evi: Evi) -> None:
    """The second is the same to the letter."""
    evi.faults.add("socket", "duplicate", type="assistant_message", times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
    assert client.kinds == ["chat_metadata", *TURN[:2], *TURN[1:]]
    assert client.texts[2] == client.texts[3]


@pytest.mark.parametrize("index", range(1, len(WHOLE) - 1))
def test_a_frame_after_the_next(evi: Evi, index: int) -> None:
    """The two change places, and all come."""
    evi.faults.add("socket", "reorder", type=WHOLE[index], times=1)
    with one_turn(evi) as client:
        client.read_on(len(WHOLE))
    expected = list(WHOLE)
    expected[index], expected[index + 1] = expected[index + 1], expected[index]
    assert client.kinds == expected


def test_the_last_frame_waits_for_the_next_turn(evi: Evi) -> None:
    """A frame that is to come after the next one comes once there is one."""
    evi.faults.add("socket", "reorder", type="assistant_end", times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_prosody").say().read_until("assistant_end")
    assert client.kinds == [*WHOLE[:-1], "user_message", "assistant_end"]


@pytest.mark.evi(clock="manual")
def test_what_waits_comes_before_the_close(evi: Evi) -> None:
    """Reordering loses nothing: with no frame after it, a frame comes before the close."""
    evi.faults.add("socket", "reorder", type="error", times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.clock.advance(seconds=INACTIVITY_S)
        assert client.read_all().kinds == [*WHOLE, "error"]
    assert client.code == 1000


@pytest.mark.parametrize("delay_ms", [80, [80, 120]])
@pytest.mark.evi(clock="manual")
def test_a_late_frame(evi: Evi, delay_ms: Any) -> None:
    """It and all after it come later, in real time and in order; those before it don't."""
    evi.faults.add("socket", "delay", delay_ms=delay_ms, type="assistant_message", times=1)
    with one_turn(evi) as client:
        client.read_until("user_message")
        begun = time.monotonic()
        client.read()
        assert (time.monotonic() - begun) * 1000 >= 60  # some of it may have passed before
        assert client.read_until("assistant_end").kinds == list(WHOLE)


def test_a_late_frame_holds_up_nobody_else(evi: Evi) -> None:
    """Other chats of the world go on meanwhile, and its own client may leave."""
    with chatting(evi) as client:
        client.read()
        chat_id = client.metadata["chat_id"]
        evi.faults.add("socket", "delay", delay_ms=60_000, chat_id=chat_id, times=1)
        client.say()
        evi.journal.wait_for("fault", fault="delay")
        with one_turn(evi) as other:
            assert other.read_until("assistant_end").kinds == list(WHOLE)
    assert status_in_the_end(evi, client) == "USER_ENDED"


def test_two_faults_of_one_frame(evi: Evi) -> None:
    """Rules with different faults may strike the same frame."""
    evi.faults.add("socket", "duplicate", type="assistant_message", times=1)
    evi.faults.add("socket", "garbage", type="assistant_message", times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
    assert client.kinds == ["chat_metadata", "user_message", "garbage", "garbage", *TURN[2:]]


# which frames


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({"frame": 1}, ["chat_metadata"]),
        ({"frame": 5}, ["assistant_end"]),
        ({"turn": 1}, list(TURN)),
        ({"turn": 2}, list(TURN)),
        ({"turn": 3}, []),
        ({"type": "assistant_end"}, ["assistant_end"] * 2),
        ({"type": "assistant_end", "times": 1}, ["assistant_end"]),
        ({"type": "assistant_end", "turn": 2}, ["assistant_end"]),
        ({"type": "assistant_end", "frame": 1}, []),
        ({}, [*WHOLE, *TURN]),
        ({"times": 2}, ["chat_metadata", "user_message"]),
    ],
)
def test_which_frames(evi: Evi, match: dict[str, Any], struck: list[str]) -> None:
    """Of two turns, a frame is struck if all that the rule names is so."""
    rule = evi.faults.add("socket", "duplicate", **match)
    with one_turn(evi) as client:
        client.read_until("assistant_end").say("Goodbye")
        client.read_on(len(WHOLE) + len(TURN) + len(struck) - len(client.texts))
        client.read_what_came()
    assert twice(client.kinds) == struck
    assert rule.used == len(struck)


def test_which_turns(evi: Evi) -> None:
    """A turn is one of the user: frames before the first are of none, and it counts from 1."""
    evi.faults.add("socket", "garbage", turn=2)
    with one_turn(evi) as client:
        client.read_until("assistant_end").say().read_on(4)
    assert client.kinds == [*WHOLE, *["garbage"] * 4]


def test_which_chat(evi: Evi) -> None:
    """A rule for one chat leaves another alone, while both go on."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(chatting(evi)) for _ in range(2))
        one.read(), other.read()
        evi.faults.add("socket", "vanish", chat_id=one.metadata["chat_id"])
        assert other.say().read_until("assistant_end").kinds == list(WHOLE)
        assert one.say().read_all().kinds == ["chat_metadata"]
        assert one.code == 1006


@pytest.mark.evi(clock="manual")
def test_not_before_a_time(evi: Evi) -> None:
    """A frame that goes out before `at_ms` of its chat is whole, at that time it is struck."""
    evi.faults.add("socket", "duplicate", at_ms=1_000, type="user_message")
    evi.clock.advance(seconds=60)  # before the chat: does not count
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.clock.advance(ms=999)
        client.say().read_until("assistant_end")
        assert twice(client.kinds) == []
        evi.clock.advance(ms=1)
        client.say().read_until("assistant_end")
    assert twice(client.kinds) == ["user_message"]


def at_once(evi: Evi, client: Client, fault: str) -> None:
    """Check that the fault has struck, though no frame was due."""
    entry = evi.journal.wait_for("fault", fault=fault)
    assert (entry["type"], entry["frame"], entry["chat_ms"]) == ("", len(WHOLE), 1_000)
    match fault:
        case "close" | "vanish":
            assert client.read_all().kinds == list(WHOLE)
            assert client.code == (1011 if fault == "close" else 1006)
        case "error":
            assert client.read_all().kinds == [*WHOLE, "error"]
        case "garbage":
            assert client.read_until("garbage").kinds == [*WHOLE, "garbage"]
        case "stall":
            client.say()
            evi.journal.wait_for("frame", chat_id=client.metadata["chat_id"], direction="in")
            assert client.read_what_came().kinds == list(WHOLE)


ALONE = ("close", "vanish", "error", "garbage", "stall")


@pytest.mark.parametrize("fault", ALONE)
@pytest.mark.evi(clock="manual")
def test_when_its_time_comes(evi: Evi, fault: str) -> None:
    """These need no frame: they strike when the clock gets to `at_ms`, and not before."""
    rule = evi.faults.add("socket", fault, at_ms=1_000, times=1)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.clock.advance(ms=999)
        assert client.read_what_came().kinds == list(WHOLE)
        assert rule.used == 0
        evi.clock.advance(ms=1)
        at_once(evi, client, fault)


@pytest.mark.parametrize("fault", ALONE)
@pytest.mark.parametrize("at_ms", [400, 1_000, 1_600], ids=["past", "now", "ahead"])
@pytest.mark.evi(clock="manual")
def test_a_rule_that_comes_later(evi: Evi, fault: str, at_ms: int) -> None:
    """Added while a chat goes on, a rule strikes at once if its time has come, or then."""
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.clock.advance(ms=600 if at_ms > 1_000 else 1_000)
        evi.faults.add("socket", fault, at_ms=min(at_ms, 1_000), times=1)
        if at_ms > 1_000:
            assert client.read_what_came().kinds == list(WHOLE)
            evi.clock.advance(ms=400)
        at_once(evi, client, fault)


def test_a_rule_for_frames_that_comes_later(evi: Evi) -> None:
    """Added while a chat goes on, a rule strikes the frames from then on."""
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.faults.add("socket", "garbage", type="assistant_message")
        client.say().read_until("assistant_end")
        evi.faults.clear()
        client.say().read_until("assistant_end")
    assert client.kinds == [*WHOLE, "user_message", "garbage", *TURN[2:], *TURN]


@pytest.mark.evi(clock="manual")
def test_a_chat_is_timed_from_its_own_start(evi: Evi) -> None:
    """Of two chats each is struck at its own `at_ms`."""
    evi.faults.add("socket", "close", at_ms=1_000)
    with chatting(evi) as first:
        first.read()
        evi.clock.advance(ms=500)
        with chatting(evi) as second:
            second.read()
            evi.clock.advance(ms=500)
            assert first.read_all().code == 1011
            assert second.read_what_came().kinds == ["chat_metadata"]
            evi.clock.advance(ms=500)
            assert second.read_all().code == 1011


@pytest.mark.parametrize("seed", [1, 2])
def test_chance_is_the_same_in_every_run(evi_server: Emulator, seed: int) -> None:
    """With a random seed, the same frames of two runs are struck."""

    def run() -> list[int]:
        evi = evi_server.world(random_seed=seed, clock="manual", audio_output=False)
        evi.script.on_anything().say("I see.")
        evi.faults.add("socket", "duplicate", probability=0.3)
        with chatting(evi) as client:
            client.read_until("chat_metadata")
            for _ in range(5):
                client.say().read_until("assistant_end")
            client.read_what_came()
        struck = [entry["frame"] for entry in used(evi)]
        evi.close()
        return struck

    first = run()
    assert first == run()
    assert 0 < len(first) < len(WHOLE) + 4 * len(TURN)


@pytest.mark.evi(chaos="ws_drop=1")
def test_a_world_of_chaos(evi: Evi) -> None:
    """A world's setting is there from its beginning, and after a reset."""
    for _ in range(2):
        with chatting(evi) as client:
            assert client.read_all().texts == []
            assert client.code == 1006
        evi.reset()


# what the chat is afterwards


@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule["fault"])
def test_a_broken_chat_can_be_resumed(evi: Evi, rule: dict[str, Any]) -> None:
    """It is over as if its client had gone; a chat of its group follows, and REST has both."""
    evi.faults.add("socket", **rule, type="assistant_message", times=1)
    with one_turn(evi, "My name is Ada") as client:
        client.read_all()
    group_id = client.metadata["chat_group_id"]
    assert status_in_the_end(evi, client) == "USER_ENDED"

    with chatting(evi, resumed_chat_group_id=group_id) as again:
        again.read_until("chat_metadata").say("Still here").read_until("assistant_end")
    assert again.metadata["chat_group_id"] == group_id
    assert again.metadata["chat_id"] != client.metadata["chat_id"]
    status_in_the_end(evi, again)
    said = [
        event["message_text"]
        for event in get(
            evi, f"/v0/evi/chat_groups/{group_id}/events?page_size=100&ascending_order=true"
        )["events_page"]
        if event["role"] == "USER"
    ]
    assert said == ["My name is Ada", "Still here"]
    assert get(evi, f"/v0/evi/chat_groups/{group_id}")["num_chats"] == 2


def test_a_chat_that_an_error_ended_can_be_resumed(evi: Evi) -> None:
    """Its status is ERROR, and its group goes on."""
    evi.faults.add("socket", "error", type="assistant_end", times=1)
    with one_turn(evi) as client:
        assert client.read_all().kinds == [*WHOLE, "error"]
    assert chat_of(evi, client)["status"] == "ERROR"
    group_id = client.metadata["chat_group_id"]
    with chatting(evi, resumed_chat_group_id=group_id) as again:
        again.read()
        assert again.metadata["chat_group_id"] == group_id


def test_a_break_leaves_no_live_chat(evi: Evi) -> None:
    """However it breaks, the world has nothing of it that goes on."""
    for rule in BREAKS:
        evi.faults.clear()
        evi.faults.add("socket", **rule, type="assistant_message")
        with one_turn(evi) as client:
            client.read_all()
        status_in_the_end(evi, client)
    assert [chat for chat in evi.chats if chat.is_live] == []
    assert evi.world.state(EviState).live == {}


# who joined


@contextmanager
def joined(evi: Evi) -> Iterator[tuple[Client, str]]:
    """A chat that may be joined, after one turn; and the path to join it."""
    with chatting(evi, allow_connection="true") as client:
        client.say().read_until("assistant_end")
        yield client, f"/{client.metadata['chat_id']}/connect"


def test_who_joins_can_be_refused(evi: Evi) -> None:
    """By the chat's id, which one who opens a chat does not have yet."""
    with joined(evi) as (client, path):
        rule = evi.faults.add("socket", "refuse", status=403, chat_id=client.metadata["chat_id"])
        assert refusal(evi, path)[0] == 403
        with chatting(evi) as other:
            assert kind(other.read()) == "chat_metadata"
        assert rule.used == 1


@pytest.mark.parametrize("fault", ["vanish", "close"])
def test_who_joined_is_cut_off_alone(evi: Evi, fault: str) -> None:
    """The chat goes on without."""
    with joined(evi) as (client, path):
        evi.faults.add("socket", fault, frame=3, times=1)
        with chatting(evi, path) as guest:
            assert guest.read_all().kinds == list(WHOLE[:2])
            assert guest.code == (1006 if fault == "vanish" else 1011)
        client.say().read_until("assistant_end")
        assert client.kinds == [*WHOLE, *TURN]
        assert chat_of(evi, client)["status"] == "ACTIVE"


def test_what_breaks_for_who_joined(evi: Evi) -> None:
    """The frames to it are struck as those to the chat's own client are, in the same turns."""
    with joined(evi) as (client, path):
        evi.faults.add("socket", "garbage", turn=2, type="assistant_message")
        with chatting(evi, path) as guest:
            client.say().read_until("assistant_end")
            guest.read_on(len(WHOLE) + len(TURN))
            expected = [*WHOLE, "user_message", "garbage", *TURN[2:]]
            assert client.kinds == guest.kinds == expected


@pytest.mark.evi(clock="manual")
def test_who_joined_is_at_the_time_of_the_chat(evi: Evi) -> None:
    """`at_ms` is the chat's time for all its sockets."""
    with joined(evi) as (client, path):
        evi.clock.advance(ms=900)
        with chatting(evi, path) as guest:
            guest.read_on(len(WHOLE))
            evi.faults.add("socket", "garbage", at_ms=1_000)
            evi.clock.advance(ms=100)
            client.read_until("garbage")
            assert guest.read_what_came().kinds[-1] == "garbage"


# limits


def test_a_frame_that_is_too_long() -> None:
    """The WebSocket is closed with 1009, and the chat is over; one that just fits is read."""
    around = len(json.dumps({"type": "user_input", "text": ""}))
    with Emulator(max_frame_bytes=1_024) as server:
        evi = server.world()
        with chatting(evi) as client:
            client.say("x" * (1_024 - around)).read_until("assistant_end")
            client.say("x" * (1_025 - around)).read_all()
            assert client.code == 1009
            assert status_in_the_end(evi, client) == "USER_ENDED"


def test_the_longest_frame_is_the_servers_to_say(evi_server: Emulator) -> None:
    """A world can't have a limit of its own, and says so."""
    with pytest.raises(UsageError, match="is a setting of the whole server"):
        evi_server.world(max_frame_bytes=1_024)


def test_no_close_frame_but_what_was_asked(evi: Evi) -> None:
    """On the wire a close has its code and its reason, once."""
    evi.faults.add("socket", "close", code=4001, reason="out", frame=2)
    path = evi.ws_url.removeprefix(evi.url.replace("http", "ws"))
    wire = Wire(evi.url, evi.api_key).upgrade(path).say("Hello")
    wire.read_until((4001).to_bytes(2, "big") + b"out")
    wire.socket.close()
    [(_, metadata), close] = wire.frames
    assert json.loads(metadata)["type"] == "chat_metadata"
    assert close == (CLOSE, (4001).to_bytes(2, "big") + b"out")


def test_an_error_without_end_is_none(evi: Evi) -> None:
    """A rule for every frame strikes no error frame that a fault has sent."""
    rule = evi.faults.add("socket", "error", error="payload_parse")
    with one_turn(evi) as client:
        client.read_until("assistant_end")
    assert rule.used <= len(WHOLE)
    assert evi.client().empathic_voice.chats.list_chats() is not None


@pytest.mark.evi(clock="manual")
def test_a_break_is_at_its_time(evi: Evi) -> None:
    """However far the clock is advanced at once, the chat ends when the fault is due."""
    evi.faults.add("socket", "vanish", at_ms=5_000)
    with one_turn(evi) as client:
        client.read_until("assistant_end")
        evi.clock.advance(minutes=15)
        client.read_all()
    chat = evi.client().empathic_voice.chats.list_chats(ascending_order=False).items[0]
    assert chat is not None
    assert (chat.status, chat.end_timestamp - chat.start_timestamp) == ("USER_ENDED", 5_000)
