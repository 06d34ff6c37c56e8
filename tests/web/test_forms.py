"""Bodies that are forms, urlencoded or multipart."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.api import Call, UploadedFile
from emulator.jsontext import Json
from emulator.server import new_app
from emulator.settings import Settings
from tests.web.toy_api import add_toy_api

FORM, UPLOAD = "/v0/toy/form", "/v0/toy/upload"
SOUND = b"RIFF\x00\xff\r\n--sound"
BOUNDARY = "multipart/form-data; boundary=b"


def shown(value: Any) -> Json:
    if isinstance(value, UploadedFile):
        return [value.filename, value.content_type, value.content.hex()]
    return [shown(item) for item in value] if isinstance(value, list) else value


def answer_body(call: Call) -> Json:
    return {name: shown(value) for name, value in call.body.items()}


def new_client(own_limit: int | None = None, **settings: Any) -> TestClient:
    app = new_app(Settings(seed="empty", **settings))
    handlers = {"toy-form": answer_body, "toy-upload": answer_body}
    add_toy_api(app, handlers, own_limit)
    return TestClient(app, headers={"X-Hume-Api-Key": "toy"})


@pytest.fixture(scope="module")
def client() -> TestClient:
    return new_client()


def problems(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status_code == 422, answer.text
    return [(*each["loc"], each["type"]) for each in answer.json()["detail"]]


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ({"name": "Ito"}, {"name": "Ito"}),
        ({"name": "I & to=ü"}, {"name": "I & to=ü"}),
        ({"name": ["no", "Ito"]}, {"name": "Ito"}),
        ({"name": "Ito", "count": "3", "factor": "2", "loud": "yes"}, {
            "name": "Ito", "count": 3, "factor": 2.0, "loud": True
        }),
        ({"name": "Ito", "tags": "a"}, {"name": "Ito", "tags": ["a"]}),
        ({"name": "Ito", "numbers": ["2", "1"]}, {"name": "Ito", "numbers": [2, 1]}),
        ({"name": "Ito", "options": '{"depth": 1}'}, {"name": "Ito", "options": {"depth": 1}}),
        ({"name": "Ito", "more": "1"}, {"name": "Ito", "more": "1"}),
    ],
)  # fmt: skip
def test_an_urlencoded_form(
    client: TestClient, form: dict[str, Any], values: dict[str, Json]
) -> None:
    """Each field has a value of its type."""
    assert client.post(FORM, data=form).json() == values


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({}, [("body", "name", "missing")]),
        ({"name": "I"}, [("body", "name", "string_too_short")]),
        ({"name": "Ito", "count": "x"}, [("body", "count", "int_parsing")]),
        ({"name": "Ito", "count": "10"}, [("body", "count", "less_than_equal")]),
        ({"name": "Ito", "numbers": ["1", "x"]}, [("body", "numbers", 1, "int_parsing")]),
        ({"name": "Ito", "options": "{"}, [("body", "options", "json_invalid")]),
        ({"name": "Ito", "options": '{"depth": "x"}'}, [("body", "options", "depth", "int_type")]),
        ({"name": "Ito", "options": "[]"}, [("body", "options", "model_attributes_type")]),
    ],
)
def test_mistakes_in_an_urlencoded_form(
    client: TestClient, form: dict[str, Any], found: list[Any]
) -> None:
    """Each has its place, as FastAPI names it."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert problems(client.post(FORM, data=form, headers=headers)) == found


def test_files(client: TestClient) -> None:
    """A file has its name, its type and its bytes; fields stand beside it."""
    answer = client.post(
        UPLOAD,
        files=[
            ("file", ("a.wav", SOUND, "audio/wav")),
            ("others", ("b.bin", b"", "application/octet-stream")),
            ("others", ("c ü.txt", b"c", "text/plain")),
        ],
        data={"name": "Ito", "options": json.dumps({"depth": 2})},
    )
    assert answer.json() == {
        "file": ["a.wav", "audio/wav", SOUND.hex()],
        "others": [["b.bin", "application/octet-stream", ""], ["c ü.txt", "text/plain", "63"]],
        "name": "Ito",
        "options": {"depth": 2},
    }


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"name": (None, "Ito")}, [("body", "file", "missing")]),
        ({"file": (None, "no file")}, [("body", "file", "value_error")]),
        ({"file": ("a", b""), "name": ("b", b"")}, [("body", "name", "value_error")]),
        ({"file": ("a", b""), "others": (None, "x")}, [("body", "others", 0, "value_error")]),
    ],
)
def test_mistakes_in_a_multipart_form(
    client: TestClient, parts: dict[str, Any], found: list[Any]
) -> None:
    """A file is no text, and a text no file."""
    assert problems(client.post(UPLOAD, files=parts)) == found


@pytest.mark.parametrize(
    ("content", "content_type", "said"),
    [
        (b"--b\r\n", "multipart/form-data", "No boundary"),
        (b"nothing", BOUNDARY, "boundary"),
        (b"", BOUNDARY, "the last boundary is missing"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf',
            BOUNDARY,
            "the last boundary is missing",
        ),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", BOUNDARY, "name"),
    ],
)
def test_a_broken_multipart_form(
    client: TestClient, content: bytes, content_type: str, said: str
) -> None:
    """It is refused with what is wrong with it."""
    answer = client.post(UPLOAD, content=content, headers={"Content-Type": content_type})
    assert problems(answer) == [("body", "form_invalid")]
    assert said in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize(("path", "expected"), [(FORM, "urlencoded'"), (UPLOAD, "form-data'")])
def test_another_content_type(client: TestClient, path: str, expected: str) -> None:
    """JSON is refused where the document has a form, with the type that is expected."""
    answer = client.post(path, json={"name": "Ito"})
    assert problems(answer) == [("body", "model_attributes_type")]
    message = answer.json()["detail"][0]["msg"]
    assert "'application/json'" in message
    assert message.endswith(expected)


def test_the_contract_knows_the_fields_of_a_form(client: TestClient) -> None:
    """An unknown field is found; a file is shown by its name, and never its bytes."""
    client.delete("/_emulator/contract")
    client.post(UPLOAD, files={"file": ("a.wav", SOUND)}, data={"nam": "x"})
    client.post(UPLOAD, files={"name": ("b.wav", SOUND), "file": ("a.wav", SOUND)})
    findings = client.get("/_emulator/contract").json()["findings"]
    assert {(each["code"], each["place"]) for each in findings} == {
        ("field_unknown", "/body/nam"), ("request_invalid", "/body/name")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("own", "settings", "limit"),
    [
        (None, {}, 1_048_576),
        (2000, {}, 2000),
        (2_000_000, {}, 2_000_000),
        (2_000_000, {"max_body_bytes": 3000}, 3000),
        (2000, {"max_body_bytes": 3000}, 2000),
        (None, {"max_body_bytes": 3000}, 3000),
    ],
)
def test_limits(own: int | None, settings: dict[str, Any], limit: int) -> None:
    """An operation may say how large its bodies are; a setting that somebody gives is a ceiling."""
    client = new_client(own, **settings)
    room = limit - len("name=")
    assert client.post(FORM, data={"name": "x" * room}).status_code == 200
    answer = client.post(FORM, data={"name": "x" * (room + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert str(limit) in answer.json()["message"]
