"""Keys, tokens and signed URLs: none reaches a recording, wherever it stands."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.extras.recording.format import Body, Exchange, Frame, Opened, Part, body_of, frame_of
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.redaction import (
    FORM,
    KEPT_RESPONSE_HEADERS,
    Secrets,
    hide_body,
    hide_in_value,
    hide_query,
    hide_url,
    kept_headers,
)
from emulator.extras.recording.writer import RecordingWriter
from emulator.jsontext import Json, render
from emulator.redaction.names import is_secret_name

SECRET = 'sk-"é\\-4f6b2c0a9d7e'


@pytest.mark.parametrize(
    "name",
    ["api_key", "apiKey", "X-Hume-Api-Key", "access_token", "refresh_token", "id_token", "token",
     "client_secret", "secret_key", "language_model_api_key", "signing_key", "password",
     "Authorization", "signature"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    """What is called so is hidden in JSON and in queries; a null or a schema is no secret."""
    assert is_secret_name(name)
    assert hide_in_value({"a": [{name: SECRET}]}) == {"a": [{name: "(hidden)"}]}
    assert hide_in_value({name: None}) == {name: None}
    assert hide_in_value({name: {"x": [SECRET]}}) == {name: "(hidden)"}
    schema = {"type": "object", "properties": {name: {"type": "string", "description": "x"}}}
    assert hide_in_value(schema) == schema
    assert hide_query(f"a=1&{name}={quote(SECRET)}") == f"a=1&{name}=(hidden)"
    assert hide_query(f"s%5B{name}%5D=x") == f"s%5B{name}%5D=(hidden)"


@pytest.mark.parametrize("name", ["id", "max_tokens", "token_type", "keyword", "name", "text"])
def test_other_names(name: str) -> None:
    """They are left alone."""
    assert hide_in_value({name: "x"}) == {name: "x"}
    assert hide_query(f"{name}=x") == f"{name}=x"


def test_json_within_texts() -> None:
    """Such as session settings in a query, or a tool's parameters."""
    text = json.dumps({"language_model_api_key": SECRET, "n": 1})
    assert hide_in_value({"parameters": text}) == {
        "parameters": '{"language_model_api_key":"(hidden)","n":1}'
    }
    assert quote(SECRET) not in hide_query(f"session_settings={quote(text)}")


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.googleapis.com/b/chat.mp4?X-Goog-Credential=a&X-Goog-Signature=abc",
        "https://b.s3.amazonaws.com/chat.mp4?AWSAccessKeyId=a&Signature=abc&Expires=1",
        "http://127.0.0.1:8484/_emulator/audio/w/c/chat.mp4?expires=1&signature=abc",
        "https://d.cloudfront.net/chat.mp4?Policy=a&Key-Pair-Id=b",
    ],
)
def test_signed_urls(url: str) -> None:
    """They lead nowhere any more, in whatever text or header they stand."""
    hidden = "https://hidden.invalid/chat.mp4?(hidden)"
    assert hide_url(url) == hidden
    assert hide_in_value([f"Listen: {url} now"]) == [f"Listen: {hidden} now"]
    assert kept_headers([("Location", url)], KEPT_RESPONSE_HEADERS) == {"location": hidden}


def test_urls_that_are_not_signed() -> None:
    """Only what is secret in them is hidden."""
    assert hide_url("https://a.example/hook?x=1#y") == "https://a.example/hook?x=1#y"
    assert hide_url("https://me:word@a.example/?api_key=x") == "https://a.example/?api_key=(hidden)"


def test_a_form_that_asks_for_a_token() -> None:
    """Its client_id is an API key."""
    body = Body(text="grant_type=client_credentials&client_id=a-key&client_secret=a-secret")
    hidden = hide_body(body, FORM)
    assert hidden is not None
    assert hidden.text == (
        "grant_type=client_credentials&client_id=(hidden)&client_secret=(hidden)"
    )


@pytest.mark.parametrize(
    "text",
    ['{"access_token": "SECRET", "n": 123456789012345678901', '{"a": {"client_secret":"SECRET',
     '{"token": 1, "a\\ud800": "", "api_key": "SECRET"}'],
)  # fmt: skip
def test_json_that_is_none(text: str) -> None:
    """Such as an answer that broke off: names of secrets count there, too."""
    body = body_of(text.encode())
    assert body is not None
    assert not body.is_json
    hidden = hide_body(body, "application/json")
    assert hidden is not None
    assert hidden.text is not None
    assert "SECRET" not in hidden.text
    assert "(hidden)" in hidden.text


def test_json_in_bytes() -> None:
    """Only its size is kept, if a secret is in it, which is hidden from then on; else all of it."""
    frame = frame_of(render({"type": "session_settings", "language_model_api_key": SECRET}))
    assert hide_body(frame, "") == Body(cut=len(frame.data()))
    secrets = Secrets()
    secrets.learn_from(frame)
    told = Frame(at_ms=0, socket=1, sender="server", content=Body(json=SECRET))
    assert secrets.hidden(told).content == Body(json="(hidden)")
    harmless = frame_of(b'{"type": "user_input"}')
    assert hide_body(harmless, "") == harmless


@pytest.mark.parametrize(
    ("authorization", "query"),
    [("Basic " + base64.b64encode(f"a-key:{SECRET}".encode()).decode(), ""),
     ("", f"session_settings[language_model_api_key]={quote(SECRET)}"),
     ("", "session_settings=" + quote(json.dumps({"language_model_api_key": SECRET})))],
)  # fmt: skip
def test_secrets_beside_the_key(authorization: str, query: str) -> None:
    """What a request says with them is hidden wherever else it shows."""
    secrets = Secrets()
    secrets.caller({"authorization": authorization}, query)
    told = Frame(at_ms=0, socket=1, sender="server", content=Body(json=f"no {SECRET} here"))
    assert secrets.hidden(told).content == Body(json="no (hidden) here")


def test_headers() -> None:
    """Those that are not known to be harmless stay out."""
    headers = [("Set-Cookie", "session=1"), ("X-New-Token", SECRET), ("Content-Type", "a/b")]
    assert kept_headers(headers, KEPT_RESPONSE_HEADERS) == {"content-type": "a/b"}


def test_callers() -> None:
    """Each key is a caller, a token that of whom it was given to; a number stands for it."""
    secrets = Secrets()
    assert secrets.caller({}, "a=1") == (None, None)
    assert secrets.caller({"x-hume-api-key": "first-key"}, "") == (1, "key")
    assert secrets.caller({}, "api_key=second-key") == (2, "query-key")
    basic = base64.b64encode(b"first-key:secret").decode()
    assert secrets.caller({"authorization": f"Basic {basic}"}, "") == (1, "basic")
    secrets.learn_token({"access_token": "a-new-token"}, 2)
    assert secrets.caller({"authorization": "Bearer a-new-token"}, "") == (2, "bearer")
    assert secrets.caller({}, "access_token=a-new-token") == (2, "query-token")
    assert secrets.caller({}, "apiKey=second-key") == (2, "query-key")
    assert secrets.caller({}, "accessToken=a-new-token") == (2, "query-token")
    assert secrets.caller({}, "apiKey=first-key&access_token=a-new-token") == (2, "query-token")
    assert secrets.caller_of_form("client_id=first-key&client_secret=x") == (1, "form")


def spellings(secret: str) -> list[bytes]:
    """Ways in which it might be found."""
    return [
        secret.encode(),
        json.dumps(secret)[1:-1].encode(),
        render(secret)[1:-1],
        quote(secret).encode(),
        base64.b64encode(secret.encode())[:-4],
    ]


PLACES = st.sampled_from([
    lambda s: {"x": {"text": f"my key is {s}"}},
    lambda s: {"x": [{"y": json.dumps({"z": s})}]},
    lambda s: {s: 1},
    lambda s: {"url": f"https://a.example/{quote(s, safe='')}?b={quote(s, safe='')}"},
    lambda s: {"authorization_of": "Basic " + base64.b64encode(f"{s}:x".encode()).decode()},
])  # fmt: skip


@given(
    secret=st.text('abcdef0123456789-_"\\é/+=%&', min_size=8, max_size=40), places=st.lists(PLACES)
)
def test_a_value_that_is_known_shows_nowhere(secret: str, places: list["Json"]) -> None:
    """Once a key was seen as such, it is hidden however a body writes it."""
    secrets = Secrets()
    secrets.caller({"x-hume-api-key": secret}, "")
    body = body_of(render([place(secret) for place in places]))
    exchange = Exchange(at_ms=0, method="GET", path="/", status=200, response=Part(body=body))
    line = render(secrets.hidden(exchange).model_dump())
    for spelling in spellings(secret):
        assert spelling not in line or spelling in b"(hidden)"


@pytest.mark.parametrize("key", ["response", "base64==", "00000000", "/v0/evi/", "exchange"])
def test_keys_that_are_words_of_the_format(tmp_path: Path, key: str) -> None:
    """The file can be read, whatever the key is; bytes with the key in them are left out."""
    path = tmp_path / "r"
    exchange = Exchange(
        at_ms=100000000,
        method="GET",
        path="/v0/evi/x",
        status=200,
        response=Part(body=Body(json={key: key})),
    )
    with RecordingWriter(path, "http://a") as writer:
        writer.secrets.caller({"x-hume-api-key": key}, "")
        writer.add(exchange)
        writer.add(Opened(at_ms=0, socket=1, path="/", status=101))
        writer.add(Frame(at_ms=0, socket=1, sender="client", content=frame_of(key.encode())))
    one, _, frame = read_recording(path).entries
    assert isinstance(one, Exchange)
    assert one.response.body == Body(json={"(hidden)": "(hidden)"})
    assert isinstance(frame, Frame)
    assert frame.content == Body(cut=8)


def test_short_keys_are_hidden_by_name_alone(tmp_path: Path) -> None:
    """'any' stands in other words, too."""
    with RecordingWriter(tmp_path / "r", "http://a") as writer:
        writer.secrets.caller({"x-hume-api-key": "any"}, "")
        writer.add(Frame(at_ms=0, socket=1, sender="client", content=Body(json={"text": "many"})))
    assert b'"many"' in (tmp_path / "r").read_bytes()
