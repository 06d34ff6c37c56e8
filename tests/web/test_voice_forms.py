"""Objects and lists in forms, as the clients of voice conversion write them."""

import asyncio
import json
from typing import Any

import pytest
from hume import HumeClient
from hume.tts import (
    FormatWav,
    PostedContextWithGenerationId,
    PostedUtteranceVoiceWithName,
)
from starlette.testclient import TestClient

from emulator.api import Call, UploadedFile
from emulator.apis.tts.openness import openness
from emulator.errors import ApiError
from emulator.openapi.document import Document, load_document
from emulator.openapi.operation import compile_operations
from emulator.openapi.validation import Validation
from emulator.reply import Reply
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.bodies import read_body
from emulator.web.form_names import MOST_LEVELS, MOST_PARTS
from tests.openapi.test_document_structure import ROOT

Json = Any
PREFIX = "/echo"  # before the path of the operation, so that no API of the emulator has it
JSON_PATH = "/v0/tts/voice_conversion/json"
PATH = PREFIX + JSON_PATH
SOUND = b"RIFF\x00\xff\r\n--sound"
ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
VOICE = {"name": "Ava Song", "provider": "HUME_AI"}
CONTEXT = {"generation_id": ID}
OBJECTS = {"voice": VOICE, "context": CONTEXT, "format": {"type": "wav"}}
TYPES = ["word", "phoneme"]


def echo_document() -> Document:
    """The document of text-to-speech with one operation, elsewhere."""
    found = load_document(str(ROOT / "emulator/apis/tts/openapi.yaml"), openness(Settings()))
    content = {**found.content, "paths": {PATH: found.content["paths"][JSON_PATH]}}
    return Document(found.path, content, found.openness)


class Echo:
    """A server with voice conversion that keeps what its handler is given."""

    def __init__(self) -> None:
        app = new_app(Settings(seed="empty"))
        document = echo_document()
        [operation] = compile_operations(document)
        app.dispatcher.add(operation, self._answer, Validation(document))
        self.given: list[Json] = []
        self.client: Any = TestClient(app, headers={"X-Hume-Api-Key": "k"})

    def _answer(self, call: Call) -> Reply:
        body = dict(call.body)
        audio = body.pop("audio", None)
        if isinstance(audio, UploadedFile):
            body["audio"] = audio.content
        self.given.append(body)
        return Reply(b"")

    def post(self, content: bytes, boundary: str = "b") -> Any:
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.client.post(PATH, content=content, headers=headers)

    def findings(self) -> set[tuple[str, str]]:
        found = self.client.get("/_emulator/contract").json()["findings"]
        return {(each["code"], each["place"]) for each in found}


@pytest.fixture(scope="module")
def served() -> Echo:
    return Echo()


@pytest.fixture
def echo(served: Echo) -> Echo:
    served.given.clear()
    served.client.delete("/_emulator/contract")
    return served


def form(*parts: tuple[str, str, str], audio: bool = True) -> bytes:
    """A multipart body: of each part the name, further headers and the text."""
    every = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n{headers}\r\n{text}\r\n'
        for name, headers, text in parts
    ]
    file = b""
    if audio:
        file = (
            b'--b\r\nContent-Disposition: form-data; name="audio"; filename="blob"\r\n'
            b"Content-Type: audio/wav\r\n\r\n" + SOUND + b"\r\n"
        )
    return "".join(every).encode() + file + b"--b--\r\n"


def problems(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status_code == 422, answer.text
    return [(*each["loc"], each["type"]) for each in answer.json()["detail"]]


def test_pythons_client(echo: Echo) -> None:
    """It sends JSON texts, and a list as one of them."""
    hume = HumeClient(api_key="k", base_url=f"http://testserver{PREFIX}", httpx_client=echo.client)
    chunks = hume.tts.convert_voice_json(
        audio=SOUND,
        voice=PostedUtteranceVoiceWithName(name="Ava Song", provider="HUME_AI"),
        context=PostedContextWithGenerationId(generation_id=ID),
        format=FormatWav(),
        include_timestamp_types=["word", "phoneme"],
        strip_headers=True,
    )
    assert list(chunks) == []
    assert echo.given == [
        {**OBJECTS, "include_timestamp_types": TYPES, "strip_headers": True, "audio": SOUND}
    ]


def test_pythons_nulls(echo: Echo) -> None:
    """What its caller leaves out it sends as the text null."""
    hume = HumeClient(api_key="k", base_url=f"http://testserver{PREFIX}", httpx_client=echo.client)
    assert list(hume.tts.convert_voice_json(audio=SOUND)) == []
    assert echo.given == [{"audio": SOUND}]
    assert echo.findings() == set()


JSON_TYPE = "Content-Type: application/json; charset=utf-8\r\n"
AS_JSON = [(name, "", json.dumps(value)) for name, value in OBJECTS.items()]
SENDERS = {
    "TypeScript": form(
        *AS_JSON,
        ("include_timestamp_types", "", "word"),
        ("include_timestamp_types", "", "phoneme"),
        ("strip_headers", "", "true"),
    ),
    ".NET": form(
        *((name, JSON_TYPE, text) for name, _, text in AS_JSON),
        ("include_timestamp_types", JSON_TYPE, '"word"'),
        ("include_timestamp_types", JSON_TYPE, '"phoneme"'),
        ("strip_headers", "Content-Type: text/plain; charset=utf-8\r\n", "True"),
    ),
    "curl": form(
        ("strip_headers", "", "true"),
        ("context[generation_id]", "", ID),
        ("voice[name]", "", "Ava Song"),
        ("voice[provider]", "", "HUME_AI"),
        ("format[type]", "", "wav"),
        ("include_timestamp_types[0]", "", "word"),
        ("include_timestamp_types[1]", "", "phoneme"),
    ),
    "empty brackets": form(
        *AS_JSON,
        ("strip_headers", "", "1"),
        ("include_timestamp_types[]", "", "word"),
        ("include_timestamp_types[]", "", "phoneme"),
    ),
}


@pytest.mark.parametrize("sender", SENDERS)
def test_other_senders(echo: Echo, sender: str) -> None:
    """Each way gives the same values, and none is a finding."""
    assert echo.post(SENDERS[sender]).status_code == 200
    assert echo.given == [
        {**OBJECTS, "include_timestamp_types": TYPES, "strip_headers": True, "audio": SOUND}
    ]
    assert echo.findings() == set()


def test_lists_of_objects_in_brackets(echo: Echo) -> None:
    """Numbers are places in the list, in any order; the texts have the types of their fields."""
    body = form(
        ("context[utterances][1][text]", "", "two"),
        ("context[utterances][0][text]", "", "one"),
        ("context[utterances][0][speed]", "", "1.5"),
        ("context[utterances][0][voice][id]", "", "a"),
        ("context[utterances][1][description]", "", "null"),
    )
    assert echo.post(body).status_code == 200
    [given] = echo.given
    assert given["context"] == {
        "utterances": [
            {"text": "one", "speed": 1.5, "voice": {"id": "a"}},
            {"text": "two", "description": "null"},
        ]
    }


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([("voice[name]", "a"), ("voice", '{"name": "b"}')], [("body", "voice", "value_error")]),
        (
            [("include_timestamp_types[0]", "word"), ("include_timestamp_types", "word")],
            [("body", "include_timestamp_types", "value_error")],
        ),
        (
            [("include_timestamp_types[1]", "word")],
            [("body", "include_timestamp_types", "list_type")],
        ),
        (
            [("include_timestamp_types[x]", "word")],
            [("body", "include_timestamp_types", "list_type")],
        ),
        (
            [("include_timestamp_types[0]", "wrod")],
            [("body", "include_timestamp_types", 0, "enum")],
        ),
        (
            [("include_timestamp_types", '["wrod"]')],
            [("body", "include_timestamp_types", 0, "enum")],
        ),
        ([("strip_headers[x]", "true")], [("body", "strip_headers", "value_error")]),
        ([("strip_headers", "null")], [("body", "strip_headers", "bool_parsing")]),
        (
            [("context[utterances][0][speed]", "fast"), ("context[utterances][0][text]", "a")],
            [("body", "context", "utterances", 0, "speed", "float_parsing")],
        ),
        (
            [("context[utterances][0][text]", "a"), ("context[utterances][0][speed]", "9")],
            [("body", "context", "utterances", 0, "speed", "less_than_equal")],
        ),
        ([("voice" + "[x]" * (MOST_LEVELS + 1), "a")], [("body", "voice", "too_deep")]),
        ([("voice", "{")], [("body", "voice", "json_invalid")]),
        ([("context[generation_id]", "x")], [("body", "context", "generation_id", "uuid_parsing")]),
    ],
    ids=str,
)
def test_mistakes(echo: Echo, parts: list[tuple[str, str]], found: list[Any]) -> None:
    """Each has its place in the value."""
    answer = echo.post(form(*((name, "", text) for name, text in parts)))
    assert problems(answer) == found


def test_parts_without_end(echo: Echo) -> None:
    """A form with too many parts in brackets is refused."""
    parts = [(f"context[utterances][{number}][text]", "", "a") for number in range(MOST_PARTS + 1)]
    assert problems(echo.post(form(*parts))) == [("body", "too_long")]


def test_unknown_fields_in_brackets(echo: Echo) -> None:
    """The finding names the field, at whatever depth, as it would in JSON."""
    body = form(
        ("voice[id]", "", "a"),
        ("voice[colour]", "", "a"),
        ("vioce[name]", "", "a"),
        ("context[utterances][0][text]", "", "a"),
        ("context[utterances][0][sped]", "", "a"),
    )
    assert echo.post(body).status_code == 200
    assert echo.findings() == {
        ("field_unknown", "/body/voice/colour"),
        ("field_unknown", "/body/vioce"),
        ("field_unknown", "/body/context/utterances/0/sped"),
    }


@pytest.mark.parametrize("content_type", ["application/octet-stream", "Audio/WAV"])
def test_a_file_without_a_name(echo: Echo, content_type: str) -> None:
    """Its Content-Type tells that it is one."""
    body = form(("audio", f"Content-Type: {content_type}\r\n", "RIFF"), audio=False)
    assert echo.post(body).status_code == 200
    assert echo.given == [{"audio": b"RIFF"}]


def test_a_file_that_is_a_text(echo: Echo) -> None:
    """The problem says how to send a file."""
    answer = echo.post(form(("audio", "", "RIFF"), audio=False))
    assert problems(answer) == [("body", "audio", "value_error")]
    assert "filename, or with a Content-Type such as audio/wav" in answer.text


def test_a_text_that_is_typed_as_bytes(echo: Echo) -> None:
    """A field that is no file stays a text."""
    body = form(("voice", "Content-Type: application/octet-stream\r\n", json.dumps(VOICE)))
    assert echo.post(body).status_code == 200
    assert echo.given == [{"voice": VOICE, "audio": SOUND}]


CHUNK = b"x" * 65_536


@pytest.mark.parametrize(
    ("headers", "most_read"),
    [({}, 17), ({b"content-length": b"100000000"}, 0), ({b"content-length": b"9" * 5000}, 0)],
)
def test_a_body_that_is_too_large(headers: dict[bytes, bytes], most_read: int) -> None:
    """It is refused at its limit; if its length is told, before anything is read."""
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": CHUNK, "more_body": read * len(CHUNK) < 100_000_000}

    with pytest.raises(ApiError) as refused:
        asyncio.run(read_body(receive, 1_048_576, headers))
    assert refused.value.status == 413
    assert read == most_read
