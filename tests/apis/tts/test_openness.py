"""What bodies text-to-speech takes beside what its document says."""

from typing import Any

import pytest

from emulator.apis.tts.openness import openness
from emulator.errors import Problem
from emulator.openapi.document import Document, load_document
from emulator.openapi.validation import Validation
from emulator.resources import read_data
from emulator.settings import Settings
from tests.openapi.test_document_structure import ROOT

Json = Any
PATH = str(ROOT / "emulator/apis/tts/openapi.yaml")
ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
SAY = {"utterances": [{"text": "Hello"}]}
NULLS: dict[str, Json] = {
    "OctaveBodyArgs": SAY,
    "OctaveBodyArgsStream": SAY,
    "Utterance": {"text": "Hello"},
    "VoiceId": {"id": "a"},
    "VoiceName": {"name": "a"},
    "ContextGenerationId": {"generation_id": ID},
    "ContextUtterances": {"utterances": []},
    "PublishTts": {},
}


def document(lenient: bool) -> Document:
    return load_document(PATH, openness(Settings(lenient_tts=lenient)))


VALIDATIONS = {lenient: Validation(document(lenient)) for lenient in (False, True)}


def problems(schema: str, value: Json, lenient: bool = False) -> list[Problem]:
    return VALIDATIONS[lenient].check(f"#/components/schemas/{schema}")(value, ())


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("schema", NULLS)
def test_null_is_a_field_left_out(schema: str, lenient: bool) -> None:
    """Each optional field of a request may be null; one that is required may not."""
    content = read_data(ROOT / "emulator/apis/tts/openapi.yaml")["components"]["schemas"][schema]
    required = content.get("required", [])
    nulls = {name: None for name in content["properties"] if name not in required}
    assert problems(schema, {**nulls, **NULLS[schema]}, lenient) == []
    for name in required:
        found = problems(schema, {**NULLS[schema], name: None})
        assert [each.loc for each in found] == [(name,)]


@pytest.mark.parametrize("schema", ["OctaveBodyArgs", "OctaveBodyArgsStream"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"utterances": []}, "List should have at least 1 item after validation, not 0"),
        ({"temperature": 1.01}, "Input should be less than or equal to 1"),
        ({"temperature": -1}, "Input should be greater than or equal to 0"),
        ({"num_generations": "2"}, "Input should be a valid integer"),
        ({"version": 2}, "Input should be '1' or '2'"),
    ],
)
def test_bounds(schema: str, change: Json, message: str) -> None:
    """Those that the document lacks are worded like its own."""
    assert [each.msg for each in problems(schema, {**SAY, **change})] == [message]
    assert problems(schema, {**SAY, "temperature": 0}) == []
    assert problems(schema, {**SAY, "temperature": 1}) == []


def test_a_voice_may_have_both_an_id_and_a_name() -> None:
    """As in a config; each of them is a text."""
    assert problems("VoiceRef", {"id": "a", "name": "b"}) == []
    assert problems("VoiceRef", {"id": 3, "name": "b"}) != []
    assert problems("VoiceRef", {"id": "a", "name": 3}) != []


@pytest.mark.parametrize(
    "change",
    [
        {"context": {}},
        {"context": {"generation_id": ""}},
        {"utterances": [{"text": "a", "voice": {"provider": "HUME_AI"}}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("schema", ["OctaveBodyArgs", "OctaveBodyArgsStream"])
def test_bodies_of_generated_tests(schema: str, change: Json) -> None:
    """They pass with the lenient setting alone."""
    assert problems(schema, {**SAY, **change}) != []
    assert problems(schema, {**SAY, **change}, lenient=True) == []


def test_lenient_is_not_lax() -> None:
    """The types of fields are checked, as are those of contexts."""
    assert problems("OctaveBodyArgs", {**SAY, "context": {"generation_id": 3}}, lenient=True) != []
    assert problems("VoiceRef", {"id": 3}, lenient=True) != []
    assert problems("OctaveBodyArgs", {**SAY, "context": {"utterances": 3}}, lenient=True) != []


def test_the_document_has_every_schema_that_is_opened() -> None:
    """No rule is about a schema or a field that the document lacks."""
    lenient = openness(Settings(lenient_tts=True))
    schemas = document(True).content["components"]["schemas"]
    assert {*lenient.unions, *lenient.null_is_absent} <= schemas.keys()
    for rules in (lenient.optional, lenient.any_text, lenient.bounds):
        for name, names in rules.items():
            assert set(names) <= schemas[name]["properties"].keys()
