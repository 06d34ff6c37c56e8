"""Documents that can't be served stop the start, with a clear message."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.errors import DocumentError
from emulator.openapi.document import load_document
from emulator.openapi.operation import compile_operations
from emulator.resources import read_data
from emulator.server import new_app
from emulator.settings import Settings
from tests.served import DOCUMENT

Change = Callable[[dict[str, Any]], object]
CONFIGS = "/v0/evi/configs"


def changed(folder: Path, change: Change) -> str:
    """The path of the bundled document with a change."""
    content = read_data(DOCUMENT.path)
    change(content)
    path = folder / "changed.yaml"
    path.write_text(json.dumps(content))  # which is YAML, too
    return str(path)


def serve(folder: Path, change: Change) -> TestClient:
    app = new_app(Settings(seed="empty", spec=changed(folder, change)))
    return TestClient(app, headers={"X-Hume-Api-Key": "k"})


def schemas(content: dict[str, Any]) -> Any:
    return content["components"]["schemas"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda d: schemas(d)["Tool"].update({"not": {}}),
            "changed.yaml: keyword 'not' at #/components/schemas/Tool is not supported by this "
            "emulator",
            id="keyword",
        ),
        pytest.param(
            lambda d: schemas(d)["Tool"]["properties"]["name"].update(allOf=[]),
            "changed.yaml: keyword 'allOf' at #/components/schemas/Tool/properties/name is not "
            "supported by this emulator",
            id="nested keyword",
        ),
        pytest.param(
            lambda d: schemas(d)["Tool"]["properties"]["name"].update(format="email"),
            "changed.yaml: format 'email' at #/components/schemas/Tool/properties/name is not "
            "supported by this emulator; known: binary, date-time, double, float, int32, int64, "
            "uuid, uuid4",
            id="format",
        ),
        pytest.param(
            lambda d: schemas(d)["Tool"].update(discriminator={"propertyName": "kind"}),
            "changed.yaml: the discriminator at #/components/schemas/Tool is not supported by this "
            "emulator, which tells the members of unions apart by their 'type' alone",
            id="discriminator",
        ),
        pytest.param(
            lambda d: schemas(d).pop("Encoding"),
            "changed.yaml: nothing at #/components/schemas/Encoding",
            id="reference",
        ),
        pytest.param(
            lambda d: schemas(d)["Tool"].update(type="strong"), "changed.yaml: ", id="type"
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"].update(operationId="list-confgs"),
            "changed.yaml: operation 'list-confgs' has no handler in the emulator "
            "(did you mean 'list-configs'?)",
            id="operation without handler",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS].pop("get"),
            "changed.yaml: the emulator's handler 'list-configs' has no operation",
            id="handler without operation",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"].update(operationId="create-config"),
            "changed.yaml: operationId 'create-config' names both GET /v0/evi/configs and POST "
            "/v0/evi/configs; it must be unique",
            id="operationId twice",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"].pop("operationId"),
            "changed.yaml: GET /v0/evi/configs has no operationId",
            id="no operationId",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"]["responses"].pop("200"),
            "changed.yaml: list-configs needs one 2xx response, got 0",
            id="no success",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"]["parameters"][0].update(schema={"type": "array"}),
            "changed.yaml: parameter 'page_number' of list-configs has the type 'array'; expected "
            "one of integer, number, boolean, string, uuid",
            id="parameter type",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"]["responses"]["200"].update(
                content={"*/*": {"schema": {}}}
            ),
            "changed.yaml: the success response of list-configs has the media type '*/*'; "
            "expected one such as application/json or audio/mpeg",
            id="media type",
        ),
        pytest.param(
            lambda d: d.update(openapi="3.0.3"),
            "changed.yaml: expected an OpenAPI 3.1 document, got '3.0.3'",
            id="version",
        ),
        pytest.param(
            lambda d: d["paths"][CONFIGS]["get"].pop("responses"),
            "changed.yaml: not laid out as the emulator can serve it: KeyError('responses')",
            id="no responses",
        ),
        pytest.param(
            lambda d: (
                schemas(d).update(Circle={"$ref": "#/components/schemas/Circle"}),
                d["paths"][CONFIGS]["get"]["parameters"][0].update(
                    schema={"$ref": "#/components/schemas/Circle"}
                ),
            ),
            "changed.yaml: the references from #/components/schemas/Circle lead in a circle",
            id="a circle",
        ),
        pytest.param(
            lambda d: d.pop("paths"), "changed.yaml: expected an object at paths", id="paths"
        ),
    ],
)
def test_the_start_is_stopped(tmp_path: Path, change: Change, message: str) -> None:
    """What could not be served faithfully is refused before anything is served."""
    with pytest.raises(DocumentError) as caught:
        serve(tmp_path, change)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "neither YAML nor JSON"), ("- 1", "expected an OpenAPI 3.1 document, got 'list'")],
)
def test_a_file_that_is_no_document(tmp_path: Path, text: str, message: str) -> None:
    """A file that holds something else is refused by name."""
    path = tmp_path / "other.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=message):
        load_document(str(path))


def test_a_file_that_is_not_there() -> None:
    """A missing document is named."""
    with pytest.raises(DocumentError, match="cannot read the OpenAPI document nowhere.yaml"):
        load_document("nowhere.yaml")


def test_another_document_changes_what_is_validated(tmp_path: Path) -> None:
    """Bounds, required fields and defaults are those of the document that is served."""

    def change(content: dict[str, Any]) -> None:
        schemas(content)["posted_prompt"]["properties"]["text"].update(minLength=3, maxLength=5)
        schemas(content)["posted_prompt"]["required"].append("version_description")
        content["paths"]["/v0/evi/prompts"]["get"]["parameters"][1]["schema"]["maximum"] = 7
        content["info"]["version"] = "9.9"

    client = serve(tmp_path, change)

    short = client.post("/v0/evi/prompts", json={"name": "n", "text": "ab"})
    assert [problem["type"] for problem in short.json()["detail"]] == [
        "missing",
        "string_too_short",
    ]
    assert client.get("/v0/evi/prompts?page_size=8").status_code == 422
    assert client.get("/_emulator/health").json()["spec_version"] == "9.9"


def test_every_operation_is_in_the_table() -> None:
    """The table has the 35 operations, each with its path, and a schema for its success."""
    operations = compile_operations(DOCUMENT)

    assert len(operations) == 35
    assert all(operation.responses[operation.success_status] for operation in operations)
    assert {operation.success_status for operation in operations} == {200, 201}
    assert all(operation.summary for operation in operations)
