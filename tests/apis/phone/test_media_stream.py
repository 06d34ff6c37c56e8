"""A call from the first message to its end: what is heard, kept, told, and ignored."""

import json
import re
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from emulator.apis.evi.state import EviState
from emulator.audio.live_voices import ASSISTANT_TONES
from emulator.audio.mulaw import SILENCE, decode
from emulator.testing.world import Evi
from emulator.twilio.messages import Start
from tests.apis.phone.telephone import (
    ACCOUNT_SID,
    CALL_SID,
    FORM,
    PATIENCE_S,
    STREAM_SID,
    Telephone,
    Telephones,
    post,
    sound_of,
    stream_url,
    wait_for_frame,
    wait_until_no_chat_is_live,
)

HELP, ANSWER = "I need help with my order.", "I will look into it at once."
STOP = "Stop, please, I have found it in the meantime."


@pytest.fixture
def evi(evi: Evi) -> Evi:
    """A world with a frozen clock, whose assistant knows one sentence."""
    evi.clock.freeze()
    evi.script.on_anything().say(ANSWER)
    return evi


def config_with_webhook(evi: Evi, url: str, **more: Any) -> str:
    client = evi.client()
    webhooks = [{"url": url, "events": ["chat_started", "chat_ended"]}]
    config = client.empathic_voice.configs.create_config(
        evi_version="3", name="phone", webhooks=webhooks, **more
    )
    return str(config.id)


def talked(evi: Evi, dial: Telephones) -> Any:
    """A call in which the caller has said something, and all of the answer has come."""
    telephone = dial().begin()
    evi.hear(HELP)
    telephone.say(HELP)
    wait_for_frame(evi, type="user_message")
    evi.clock.advance(seconds=30)
    return telephone


def test_what_the_caller_says_is_answered_in_sound(evi: Evi, dial: Telephones) -> None:
    telephone = talked(evi, dial)
    messages = telephone.read_until("mark")
    assert {each["streamSid"] for each in messages} == {STREAM_SID}
    sound = sound_of(messages)
    assert len(sound) == ASSISTANT_TONES.speech_ms(ANSWER) * 8
    assert max(memoryview(decode(sound)).cast("h")) > 5_000
    assert [text for _, text in evi.next_chat().messages] == [HELP, ANSWER]


def test_webhooks_tell_who_called(evi: Evi, dial: Telephones) -> None:
    with evi.webhook_receiver() as receiver:
        config_id = config_with_webhook(evi, receiver.url)
        telephone = dial(config_id=config_id).begin()
        telephone.send(telephone.writer.stop())
        with pytest.raises(ConnectionClosed):
            telephone.read()
        started = receiver.wait_for("chat_started").event
        ended = receiver.wait_for("chat_ended").event
    for event in (started, ended):
        assert event["caller_number"] == "+4712345678"
        known = {key: value for key, value in event["twilio_metadata"].items() if value}
        assert known == {
            "call_sid": CALL_SID,
            "account_sid": ACCOUNT_SID,
            "from_number": "+4712345678",
            "to_number": "+4722334455",
            "caller_number": "+4712345678",
            "from_city": "OSLO",
        }
    assert ended["end_reason"] == "USER_ENDED"


@pytest.mark.parametrize("how", ["stop", "close", "vanish"])
def test_a_caller_who_hangs_up_ends_the_chat(evi: Evi, dial: Telephones, how: str) -> None:
    telephone = dial().begin()
    chat = evi.next_chat()
    if how == "stop":
        telephone.send(telephone.writer.stop())
        with pytest.raises(ConnectionClosed) as closed:
            telephone.read()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    elif how == "close":
        telephone.socket.close()
    else:
        telephone.socket.socket.close()
    wait_until_no_chat_is_live(evi)
    assert chat.status == "USER_ENDED"


def test_who_interrupts_has_the_buffer_cleared(evi: Evi, dial: Telephones) -> None:
    telephone = dial().begin()
    evi.hear(HELP, STOP)
    telephone.say(HELP)
    wait_for_frame(evi, type="user_message")
    evi.clock.advance(ms=1_600)  # the first sound is on its way, the rest is to come
    assert telephone.read()["event"] == "media"
    telephone.say(STOP)
    events = [each["event"] for each in telephone.read_until("clear")]
    assert events[-1] == "clear"
    evi.clock.advance(seconds=30)
    assert len(sound_of(telephone.read_until("mark"))) == ASSISTANT_TONES.speech_ms(ANSWER) * 8


def test_a_chat_that_ends_is_heard_to_its_last_word(evi: Evi, dial: Telephones) -> None:
    evi.script.rules.clear()
    evi.script.on_anything().say(ANSWER).hang_up()
    telephone = dial().begin()
    evi.hear(HELP)
    telephone.say(HELP)
    wait_for_frame(evi, type="user_message")
    chat = evi.next_chat()
    while chat.is_live:
        evi.clock.advance(ms=100)
    messages = telephone.read_until("mark")
    while messages[-1]["mark"]["name"] != "chat_ended":
        messages += telephone.read_until("mark")
    assert len(sound_of(messages)) == ASSISTANT_TONES.speech_ms(ANSWER) * 8
    with pytest.raises(TimeoutError):
        telephone.socket.recv(timeout=0)  # Twilio still plays
    telephone.send(telephone.writer.mark("chat_ended"))
    with pytest.raises(ConnectionClosed) as closed:
        telephone.read()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


def test_keys_are_in_the_journal_alone(evi: Evi, dial: Telephones) -> None:
    telephone = dial().begin()
    chat = evi.next_chat()
    telephone.send(telephone.writer.dtmf("5"))
    entry = wait_for_frame(evi, event="dtmf")
    assert entry["content"]["dtmf"]["digit"] == "5"
    assert entry["chat_id"] == chat.id
    assert chat.messages == []


def test_sound_is_one_entry_a_second(evi: Evi, dial: Telephones) -> None:
    telephone = dial().begin()
    chat = evi.next_chat()
    telephone.speak(bytes([SILENCE]) * 8_000)
    telephone.send(telephone.writer.dtmf("1"))
    wait_for_frame(evi, event="dtmf")
    runs = [each for each in evi.journal.entries(kind="frame", chat_id=chat.id) if "run" in each]
    assert [(each["run"]["count"], each["run"]["bytes"]) for each in runs] == [(50, 8_000)]


BAD = {
    "no JSON": ("{", "unexpected end"),
    "no object": ("[1]", "object"),
    "an unknown event": ('{"event": "medai"}', "did you mean 'media'?"),
    "no payload": ('{"event": "media", "media": {}}', "payload"),
    "bad base64": ('{"event": "media", "media": {"payload": "_"}}', "base64"),
    "no name": ('{"event": "mark", "mark": {}}', "mark.name"),
    "no digit": ('{"event": "dtmf"}', "dtmf"),
    "a second start": (
        json.dumps({"event": "start", "start": {"callSid": CALL_SID, "streamSid": STREAM_SID}}),
        "one start",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_message_that_cannot_be_read_is_ignored_and_told(
    evi: Evi, dial: Telephones, case: str
) -> None:
    text, says = BAD[case]
    telephone = dial().begin()
    telephone.socket.send(text)
    entry = wait_for_frame(evi, findings=True)
    assert says in entry["findings"][0]["expected"]
    evi.hear(HELP)
    telephone.say(HELP)
    assert wait_for_frame(evi, type="user_message")


def test_binary_messages_are_told_too(evi: Evi, dial: Telephones) -> None:
    telephone = dial().begin()
    telephone.socket.send(b"\xff" * 160)
    assert wait_for_frame(evi, findings=True)


def test_sound_before_the_start_is_nobodys(evi: Evi, dial: Telephones) -> None:
    telephone = dial()
    telephone.say(HELP)
    telephone.begin()
    assert evi.next_chat().messages == []


def test_the_start_of_another_call_begins_no_chat(evi: Evi, dial: Telephones) -> None:
    dial(Start(STREAM_SID, "CA" + "9" * 32, ACCOUNT_SID)).begin()
    assert wait_for_frame(evi, findings=True)
    assert evi.world.state(EviState).live == {}


def refused(url: str) -> Any:
    with pytest.raises(InvalidStatus) as refusal:
        connect(url)
    return refusal.value.response


def test_a_path_is_good_for_minutes(evi: Evi) -> None:
    url = stream_url(post(evi))
    evi.clock.advance(minutes=5)
    response = refused(url)
    assert response.status_code == 403
    assert "it has expired" in json.loads(response.body)["message"]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (lambda url: re.sub(r"\.1(\d+)\.", r".2\1.", url), 403, "signature"),
        (lambda url: url.replace(CALL_SID, "CA" + "9" * 32), 403, "signature"),
        (lambda url: url.replace(CALL_SID + ".", CALL_SID + "."[:0]), 403, "cut off"),
        (lambda url: url.replace("/twilio/", "/twilio/f"), 404, "does not exist"),
    ],
)
def test_a_path_that_was_changed_is_refused(evi: Evi, change: Any, status: int, says: str) -> None:
    response = refused(change(stream_url(post(evi))))
    assert response.status_code == status
    assert says in json.loads(response.body)["message"]


def test_a_reset_forgets_the_call(evi: Evi) -> None:
    url = stream_url(post(evi))
    evi.reset()
    assert "reset" in json.loads(refused(url).body)["message"]


def test_a_path_is_good_for_one_chat(evi: Evi, dial: Telephones) -> None:
    url = stream_url(post(evi))
    first, second = (
        Telephone(evi, dial.open.enter_context(connect(url, ping_interval=None))) for _ in range(2)
    )
    first.begin()
    wait_for_frame(evi, type="chat_metadata")
    second.begin()  # it was opened before the chat began
    with pytest.raises(ConnectionClosedOK):
        second.read()
    assert "no chat yet" in str(wait_for_frame(evi, findings=True)["findings"])
    response = refused(url)
    assert response.status_code == 403
    assert "has had its chat" in json.loads(response.body)["message"]
    assert len(evi.world.state(EviState).live) == 1
    with connect(stream_url(post(evi))):  # a call that is posted again has another
        pass


def test_calls_at_once_have_a_chat_each(evi: Evi, dial: Telephones) -> None:
    for number in range(5):
        call_sid = f"CA{number:032x}"
        start = Start(f"MZ{number:032x}", call_sid, ACCOUNT_SID)
        dial(start, {**FORM, "CallSid": call_sid}).begin()
    assert len({evi.next_chat().id for _ in range(5)}) == 5


def test_socket_faults_strike_the_stream(evi: Evi, dial: Telephones) -> None:
    evi.faults.add("socket", "vanish", type="media")
    telephone = talked(evi, dial)
    with pytest.raises(ConnectionClosed):
        telephone.socket.recv(timeout=PATIENCE_S)
    chat = evi.next_chat()
    wait_until_no_chat_is_live(evi)
    assert chat.status == "USER_ENDED"
