"""Config bodies that people's programs send get through, and come back as they were posted."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.openapi.fields import Field, body_fields
from emulator.openapi.operation import compile_operations
from emulator.resources import read_data
from tests.served import DOCUMENT

Json = Any
CASES = read_data(Path(__file__).with_name("config_bodies.yaml"))
[CREATE_CONFIG] = [each for each in compile_operations(DOCUMENT) if each.id == "create-config"]
FIELDS = body_fields(DOCUMENT, CREATE_CONFIG)
VOICE = ("name", "provider", "id")  # what a voice shows of what may be posted


def known_part(field: Field, value: Json) -> Json:
    """The value without the fields that the document does not know."""
    if isinstance(value, dict) and field.children:
        return {
            name: known_part(field.children[name], item)
            for name, item in value.items()
            if name in field.children
        }
    return value


def shown_of(answered: Json, posted: Json) -> Json:
    """As much of an answer as was posted, so that the two can be compared."""
    if isinstance(posted, dict) and isinstance(answered, dict):
        return {name: shown_of(answered.get(name), item) for name, item in posted.items()}
    return answered


def voice_of(config: Json) -> Json:
    """The config's voice, in capitals, since the library has a spelling of its own."""
    voice = config.pop("voice", None) or {}
    return {name: str(voice[name]).upper() for name in VOICE if name in voice}


def findings(client: TestClient, codes: list[str]) -> dict[str, list[str]]:
    """The places of the world's findings with these codes."""
    found = client.get("/_emulator/contract").json()["findings"]
    return {code: sorted(each["place"] for each in found if each["code"] == code) for code in codes}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_body(client: TestClient, case: Json) -> None:
    """It is answered as the service answers it; what the document knows comes back as posted."""
    answer = client.post("/v0/evi/configs", json=case["body"])

    assert answer.status_code == case["status"], answer.text
    for words in case.get("says", ()):
        assert words in answer.text
    expected = {"field_unknown": [], "value_unlisted": [], **case.get("findings", {})}
    assert findings(client, list(expected)) == expected
    if answer.status_code == 201:
        assert FIELDS is not None
        posted = known_part(FIELDS, case["body"])
        shown = shown_of(answer.json(), posted)
        assert voice_of(shown) == voice_of(posted)
        assert shown == posted


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_body_as_a_version(client: TestClient, case: Json) -> None:
    """The same body, without its name, is answered alike as a new version of a config."""
    config = client.post("/v0/evi/configs", json={"evi_version": "3", "name": "first"}).json()
    body = {name: value for name, value in case["body"].items() if name != "name"}

    answer = client.post(f"/v0/evi/configs/{config['id']}", json=body)

    assert answer.status_code == case["status"], answer.text
