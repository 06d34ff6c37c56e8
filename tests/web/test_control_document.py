"""The document of the control API: whole, served, and about the routes that there are."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from starlette.testclient import TestClient

from emulator.jsontext import Json, JsonObject
from emulator.openapi.parts import operations_of
from emulator.web.app import App
from tests.control_conformance import DOCUMENT, control_routes

# Objects whose fields others choose: readers of WireMock's patterns, senders of forms and scripts.
_OPEN = {
    *("TokenRequest", "WiremockPattern", "ScriptReference"),
    *("SessionSettings", "AudioSettings", "BuiltinTool", "Context", "Tool"),
}


def test_it_is_an_openapi_document() -> None:
    """Another library finds nothing wrong with it."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # which takes long

    assert list(OpenAPIV31SpecValidator(DOCUMENT.content).iter_errors()) == []


def test_it_has_every_route_and_no_other(app: App) -> None:
    """With the methods that they take."""
    found = operations_of(DOCUMENT.content).values()
    assert {(each.method.upper(), each.path) for each in found} == control_routes(app)


def test_names_and_texts_have_one_form() -> None:
    """Ids are words with hyphens, each route has a group, and summaries are one short sentence."""
    groups = [tag["name"] for tag in DOCUMENT.content["tags"]]
    for id, (_, _, operation) in operations_of(DOCUMENT.content).items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", id)
        assert set(operation["tags"]) <= set(groups)
        assert re.fullmatch(r"[A-Z][^.]{5,80}", operation["summary"])


def test_no_object_has_unknown_fields() -> None:
    """So a field that an answer has anew is noticed."""
    schemas = DOCUMENT.content["components"]["schemas"]
    for name, schema in schemas.items():
        for part in _objects({} if name in _OPEN else schema):
            assert part["additionalProperties"] is False, (name, part)


def _objects(value: Json) -> Iterator[JsonObject]:
    """Yield every schema with properties."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)


@pytest.mark.parametrize("path", ["/openapi/control.json", "/openapi/control.yaml"])
def test_it_is_served(app: App, path: str) -> None:
    """Without a key, as JSON and as YAML."""
    answer = TestClient(app).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith(path.rpartition(".")[2])
    assert yaml.load(answer.text, yaml.CSafeLoader) == DOCUMENT.content


def test_it_comes_from_the_tables() -> None:
    """A setting, a kind of fault or an event that is added is in it."""
    schemas = DOCUMENT.content["components"]["schemas"]
    assert schemas["Settings"]["properties"]["port"]["type"] == "integer"
    assert schemas["FaultKind"]["enum"] == ["http", "socket", "webhook", "model", "call"]
    assert schemas["WebhookEventName"]["enum"] == ["chat_started", "chat_ended", "tool_call"]
    assert "call_tool" in schemas["ScriptStep"]["properties"]


def test_request_schemas_refer_to_nothing() -> None:
    """A route checks a body by the schema alone."""
    schema = DOCUMENT.request_schema("trigger-webhook")
    assert "$ref" not in json.dumps(schema)
    assert schema["properties"]["event_name"]["enum"][0] == "chat_started"
    with pytest.raises(KeyError, match="no-such-operation"):
        DOCUMENT.request_schema("no-such-operation")
