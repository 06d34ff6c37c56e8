"""Putting one document together."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.errors import DocumentError
from emulator.jsontext import JsonObject
from emulator.openapi.parts import Part, operations_of, put_together

FIRST: JsonObject = {
    "openapi": "3.1.0",
    "info": {"title": "A"},
    "tags": [{"name": "a"}],
    "x-errors": {"unused": True},
    "paths": {"/a": {"get": {"operationId": "get-a", "responses": {"404": {}, "200": {}}}}},
    "components": {"schemas": {"A": {"type": "string"}}},
}
SECOND: JsonObject = {
    "tags": [{"name": "b"}],
    "paths": {"/b": {"get": {"operationId": "get-b", "responses": {}}}},
    "components": {"schemas": {"B": {}}, "responses": {"B": {}}},
}


def part(folder: Path, content: JsonObject, **schemas: Any) -> Part:
    """A part with this content."""
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(content))
    return Part(path, schemas)


def test_parts_become_one_document(tmp_path: Path) -> None:
    """The first part says what the document is, and statuses are in order."""
    whole = put_together([part(tmp_path, FIRST), part(tmp_path, SECOND)])
    assert whole["info"] == {"title": "A"}
    assert "x-errors" not in whole
    assert [tag["name"] for tag in whole["tags"]] == ["a", "b"]
    assert list(operations_of(whole)) == ["get-a", "get-b"]
    assert list(operations_of(whole)["get-a"].content["responses"]) == ["200", "404"]
    assert whole["components"] == {
        "schemas": {"A": {"type": "string"}, "B": {}},
        "responses": {"B": {}},
    }


def test_schemas_of_the_code_bring_others(tmp_path: Path) -> None:
    """Their `$defs` become schemas of the document."""
    made = part(tmp_path, FIRST, Made=lambda: {"type": "object", "$defs": {"Inner": {}}})
    schemas = put_together([made])["components"]["schemas"]
    assert schemas == {"A": {"type": "string"}, "Made": {"type": "object"}, "Inner": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paths": {"/a": {}}}, "two parts of the document have the path '/a'"),
        (
            {"paths": {"/b": {"put": {"operationId": "get-a", "responses": {}}}}},
            "two parts of the document have the operationId 'get-a'",
        ),
        (
            {"components": {"schemas": {"A": {}}}},
            "two parts of the document have the component 'A'",
        ),
    ],
)
def test_nothing_is_in_two_parts(tmp_path: Path, change: JsonObject, message: str) -> None:
    """A path, an operationId or a component."""
    with pytest.raises(DocumentError, match=message):
        put_together([part(tmp_path, FIRST), part(tmp_path, {**SECOND, **change})])


def test_the_parts_stay_as_they_are(tmp_path: Path) -> None:
    """They are read once, and used for more than the whole document."""
    first = part(tmp_path, FIRST)
    put_together([first])["paths"]["/a"]["get"]["responses"].clear()
    assert first.content == FIRST
