"""The document of Expression Measurement keeps the structure of the service's API."""

from pathlib import Path
from typing import Any

import pytest

from tests.openapi.test_document_structure import ROOT, Json, iter_operations, load
from tests.openapi.test_document_structure import without_annotations as without


@pytest.fixture
def document() -> Json:
    return load(ROOT / "emulator/apis/expression/openapi.yaml")


@pytest.fixture
def reference() -> Json:
    return load(Path(__file__).with_name("expression.reference.structure.yaml"))


def test_structure_is_the_services(document: Json, reference: Json) -> None:
    """Without descriptions the document equals the reference."""
    structure: Json = without(document)
    structure.pop("tags")
    assert structure == reference


def test_things_are_in_the_services_order(document: Json, reference: Json) -> None:
    """Paths, schemas and fields come as in the reference."""
    assert list(document["paths"]) == list(reference["paths"])
    found, expected = document["components"]["schemas"], reference["components"]["schemas"]
    assert list(found) == list(expected)
    for name, schema in expected.items():
        assert list(found[name].get("properties", ())) == list(schema.get("properties", ())), name


def test_all_is_described(document: Json) -> None:
    """Operations, their inputs, schemas and fields say what they are."""
    for operation in iter_operations(document):
        described = [operation, *operation["parameters"]]
        described += [operation["requestBody"]] if "requestBody" in operation else []
        assert all(each["description"] for each in described)
    for schema in document["components"]["schemas"].values():
        assert all(each["description"] for each in _with_fields(schema))


def _with_fields(schema: Json) -> list[Any]:
    fields = schema.get("properties", {}).values()
    return [schema, *(each for field in fields for each in _with_fields(field))]
