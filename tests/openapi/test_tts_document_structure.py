"""The text-to-speech document keeps the structure of the service's API, save for what is listed."""

from pathlib import Path
from typing import Any

import pytest

from emulator.apis.voices.api import VOICES
from tests.openapi.test_document_structure import (
    ROOT,
    Json,
    iter_operations,
    load,
    operation_ids,
    without_annotations,
)

# The same operations of apis/voices have these ids, and ids are unique over all APIs.
RENAMED_OPERATION_IDS = {"create-voice": "create", "list-voices": "list", "delete-voice": "delete"}
TOO_LARGE = {
    "description": "Content Too Large",
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}},
    },
}


@pytest.fixture
def document() -> Json:
    return load(ROOT / "emulator/apis/tts/openapi.yaml")


@pytest.fixture
def reference() -> Json:
    return load(Path(__file__).with_name("tts.reference.structure.yaml"))


def without_additions(document: Json) -> Json:
    """A copy without everything that the document may add to the service's structure."""
    structure: Json = without_annotations(document)
    structure.pop("tags")
    for operation in iter_operations(structure):
        id = operation["operationId"]
        operation["operationId"] = RENAMED_OPERATION_IDS.get(id, id)
        if "requestBody" in operation:
            assert operation["responses"].pop("413") == TOO_LARGE
    return structure


def test_structure_is_the_services(document: Json, reference: Json) -> None:
    """Without the listed additions the document equals the reference."""
    assert without_additions(document) == reference


def test_things_are_in_the_services_order(document: Json, reference: Json) -> None:
    """Paths, methods, schemas and fields come as in the reference."""
    assert list(document["paths"]) == list(reference["paths"])
    assert [list(each) for each in document["paths"].values()] == [
        list(each) for each in reference["paths"].values()
    ]
    found, expected = document["components"]["schemas"], reference["components"]["schemas"]
    assert list(found) == list(expected)
    for name, schema in expected.items():
        assert list(found[name].get("properties", ())) == list(schema.get("properties", ())), name


def test_operation_ids_of_voices_are_those_of_the_voices(document: Json) -> None:
    """The operations that apis/voices answers have its ids, at its paths."""
    voices = VOICES.load_document().content["paths"]
    for path, item in voices.items():
        for method, operation in item.items():
            assert document["paths"][path][method]["operationId"] == operation["operationId"]
    assert len(set(operation_ids(document))) == 10


def test_statuses_are_in_order(document: Json) -> None:
    """Each operation lists its responses by status, smallest first."""
    for operation in iter_operations(document):
        statuses = list(operation["responses"])
        assert statuses == sorted(statuses, key=int), operation["operationId"]


def test_every_tag_is_described(document: Json) -> None:
    """The described tags are exactly those that operations use."""
    used = {tag for operation in iter_operations(document) for tag in operation["tags"]}
    assert sorted(tag["name"] for tag in document["tags"]) == sorted(used)
    assert all(tag["description"] for tag in document["tags"])


def test_every_operation_is_described(document: Json) -> None:
    """Operations have a summary and a description, and their inputs have a description."""
    for operation in iter_operations(document):
        annotated = [operation, *operation["parameters"]]
        annotated += [operation["requestBody"]] if "requestBody" in operation else []
        assert operation["summary"], operation["operationId"]
        assert all(part.get("description") for part in annotated), operation["operationId"]


def test_every_field_is_described(document: Json) -> None:
    """Every schema of the components has a description, and so has every property, at any depth."""
    schemas = document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    assert list(undescribed(document)) == []


def undescribed(node: Any, where: str = "") -> Any:
    """Where a property has no description."""
    for key, value in enumerate(node) if isinstance(node, list) else node.items():
        for name, part in value.items() if key == "properties" else ():
            if not part.get("description"):
                yield f"{where}/{name}"
        if isinstance(value, (dict, list)):
            yield from undescribed(value, f"{where}/{key}")


def test_document_is_valid_openapi(document: Json) -> None:
    """An independent validator accepts the document as OpenAPI 3.1."""
    import openapi_spec_validator  # which takes long

    openapi_spec_validator.validate(document)
