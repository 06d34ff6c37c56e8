"""What a call is answered with: a stream, or an apology and a finding."""

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from emulator.apis.phone.call import NEEDED
from emulator.apis.phone.errors import APOLOGY
from emulator.apis.phone.state import PhoneState
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.phone.telephone import CALL_SID, FORM, path_of, post, stream_url

MISSING = "11111111-1111-4111-8111-111111111111"


def said(answer: httpx.Response) -> list[tuple[str, str | None]]:
    """The verbs of an answer with their texts."""
    return [(verb.tag, verb.text) for verb in ElementTree.fromstring(answer.text)]


def last_entry(evi: Evi) -> dict[str, Any]:
    return evi.journal.entries(kind="http", operation="answer-twilio-call")[-1]


def test_a_call_is_connected_to_a_stream_of_this_host(evi: Evi) -> None:
    answer = post(evi)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml"
    assert stream_url(answer).startswith(f"ws{evi.url.removeprefix('http')}/v0/evi/twilio/")
    assert "?" not in stream_url(answer)  # Twilio drops a query
    assert last_entry(evi).get("findings") is None


def test_a_key_in_the_header_and_a_token_in_the_query_are_good_too(evi: Evi) -> None:
    url = f"{evi.url}/v0/evi/twilio"
    by_header = httpx.post(url, data=FORM, headers={"X-Hume-Api-Key": evi.api_key})
    token = httpx.post(
        f"{evi.url}/oauth2-cc/token",
        auth=(evi.api_key, "secret"),
        data={"grant_type": "client_credentials"},
    ).json()["access_token"]
    by_token = httpx.post(url, data=FORM, params={"access_token": token})
    for answer in (by_header, by_token):
        assert stream_url(answer)


@pytest.mark.parametrize("query", [{}, {"access_token": "gone"}])
def test_a_call_without_a_good_key_is_401(evi: Evi, query: dict[str, str]) -> None:
    answer = httpx.post(f"{evi.url}/v0/evi/twilio", data=FORM, params=query)
    assert answer.status_code == 401
    assert "fault" in answer.json()


@pytest.mark.parametrize("field", NEEDED)
def test_a_form_without_what_twilio_always_sends_hears_an_apology(evi: Evi, field: str) -> None:
    answer = post(evi, {name: value for name, value in FORM.items() if name != field})
    assert answer.status_code == 200
    assert said(answer) == [("Say", APOLOGY), ("Hangup", None)]
    (finding,) = last_entry(evi)["findings"]
    assert (finding["code"], finding["place"]) == ("call_field_missing", f"/body/{field}")


def test_a_call_sid_that_no_path_can_hold_hears_an_apology(evi: Evi) -> None:
    answer = post(evi, {**FORM, "CallSid": "CA/1"})
    assert said(answer) == [("Say", APOLOGY), ("Hangup", None)]
    (finding,) = last_entry(evi)["findings"]
    assert (finding["code"], finding["got"]) == ("call_field_missing", "CA/1")


@pytest.mark.parametrize("config_id", [MISSING, "my-config"])
def test_an_unknown_config_hears_an_apology(evi: Evi, config_id: str) -> None:
    answer = post(evi, config_id=config_id)
    assert said(answer) == [("Say", APOLOGY), ("Hangup", None)]
    (finding,) = last_entry(evi)["findings"]
    assert (finding["code"], finding["got"]) == ("call_refused", config_id)
    assert config_id in finding["expected"]


def test_an_unknown_parameter_is_a_finding_and_nothing_else(evi: Evi) -> None:
    assert stream_url(post(evi, keep_alive="true"))
    (finding,) = last_entry(evi)["findings"]
    assert (finding["code"], finding["place"]) == ("parameter_unknown", "/query/keep_alive")


def test_fields_that_no_list_has_are_taken(evi: Evi) -> None:
    assert stream_url(post(evi, {**FORM, "StirVerstat": "TN-Validation-Passed-A"}))
    assert last_entry(evi).get("findings") is None


def test_fields_without_use_are_forgotten(evi: Evi) -> None:
    post(evi, {**FORM, "StirVerstat": "TN-Validation-Passed-A"})
    [call] = evi.world.state(PhoneState).calls.values()
    assert "StirVerstat" not in call.form
    assert call.metadata()["from_city"] == "OSLO"


def test_a_body_that_is_no_form_is_422(evi: Evi) -> None:
    headers = {"X-Hume-Api-Key": evi.api_key}
    answer = httpx.post(f"{evi.url}/v0/evi/twilio", json=FORM, headers=headers)
    assert answer.status_code == 422
    assert "application/x-www-form-urlencoded" in answer.json()["detail"][0]["msg"]


def test_streams_begin_with_the_public_url_where_there_is_one() -> None:
    with Emulator(public_url="https://abc.tunnel.example/") as server:
        evi = server.world()
        url = stream_url(post(evi))
        assert url.startswith("wss://abc.tunnel.example/v0/evi/twilio/")
        assert CALL_SID in path_of(url)
