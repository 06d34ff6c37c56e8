"""`evi.sign`: webhooks for a handler under test, without a receiver."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from emulator import Evi
from emulator.errors import ApiError, UsageError
from emulator.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_problem
from tests.testing.talking import http

SIGN = "/_emulator/webhooks/sign"


def problem(evi: Evi, body: bytes, headers: Any) -> str | None:
    """Return why a receiver should refuse it, by the wall clock."""
    return signature_problem(headers, body, evi.signing_key, int(headers[TIMESTAMP_HEADER]))


def test_a_payload_is_signed_as_the_service_signs(evi: Evi) -> None:
    """Body, dot and timestamp, by the world's key; the body is the payload as JSON."""
    signed = evi.sign({"event_name": "chat_ended", "chat_id": "mine"})
    assert json.loads(signed.body) == {"event_name": "chat_ended", "chat_id": "mine"}
    timestamp = signed.headers[TIMESTAMP_HEADER].encode()
    good = hmac.new(evi.signing_key.encode(), signed.body + b"." + timestamp, hashlib.sha256)
    assert signed.headers[SIGNATURE_HEADER] == good.hexdigest()
    assert signed.headers["Content-Type"] == "application/json"
    assert repr(signed) == f"SignedWebhook(body={signed.body!r})"


def test_an_event_by_name(evi: Evi) -> None:
    """It has all that the service sends, about a chat or a made-up one; fields can be set."""
    chat = evi.simulate(user=["Hello"])
    event = json.loads(evi.sign("chat_ended", chat.id, set={"end_reason": "USER_ENDED"}).body)
    assert (event["chat_id"], event["end_reason"]) == (chat.id, "USER_ENDED")
    made_up = json.loads(evi.sign("tool_call").body)
    assert made_up["tool_call_message"]["name"] == "get_current_weather"
    assert evi.webhooks.deliveries == []


@pytest.mark.parametrize(
    ("fault", "part"),
    [("wrong_key", "not that of"), ("tampered_body", "not that of"), ("stale_timestamp", None)],
)
def test_faults(evi: Evi, fault: str, part: str | None) -> None:
    """They spoil the signature as they do for webhooks."""
    signed = evi.sign(b'{"a": 1}', faults=[fault])
    found = problem(evi, signed.body, signed.headers)
    assert found is None if part is None else part in str(found)
    assert evi.sign(b"{}", faults=["missing_headers"]).headers == {
        "Content-Type": "application/json"
    }


@pytest.mark.evi(clock="manual", webhook_time="world")
def test_the_worlds_time(evi: Evi) -> None:
    """Where webhooks have the world's time, so has the timestamp."""
    assert evi.sign(b"{}").headers[TIMESTAMP_HEADER] == str(evi.clock.now_ms // 1000)


def test_mistakes(evi: Evi) -> None:
    """They are told with what was meant."""
    with pytest.raises(UsageError, match="did you mean 'chat_ended'"):
        evi.sign("chat_ende")
    with pytest.raises(UsageError, match="did you mean 'wrong_key'"):
        evi.sign(b"", faults=["wrongkey"])
    with pytest.raises(UsageError, match="no fault 'drop' of a signed request"):
        evi.sign(b"", faults=["drop"])
    with pytest.raises(UsageError, match="chat_id and set are for an event's name"):
        evi.sign({}, chat_id="1")
    with pytest.raises(UsageError, match="must be JSON"):
        evi.sign({"a": object()})
    with pytest.raises(ApiError, match="no field 'end'"):
        evi.sign("chat_ended", set={"end": 1})


def test_over_http(evi: Evi) -> None:
    """Other languages get the headers, and the body as text."""
    with http(evi) as client:
        for given in ({"event_name": "chat_started"}, {"payload": {"a": 1}}, {"body": '{"a": 1}'}):
            answer = client.post(SIGN, json=given).json()
            assert problem(evi, answer["body"].encode(), answer["headers"]) is None
        spoiled = client.post(SIGN, json={"body": "x", "faults": ["missing_headers"]}).json()
        assert spoiled == {"headers": {"Content-Type": "application/json"}, "body": "x"}
        for wrong, part in (
            ({}, "got none"),
            ({"body": "", "payload": {}}, "got payload and body"),
            ({"body": "", "set": {}}, "leave it out beside body"),
            ({"body": "", "faults": ["drop"]}, "faults"),
        ):
            refused = client.post(SIGN, json=wrong)
            assert refused.status_code == 422
            assert part in refused.text
