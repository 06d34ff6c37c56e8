"""Queries, JSON, headers and texts: the values of credentials show in none."""

import json
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.apis.evi.chat.messages import SessionSettings
from emulator.clock import SystemClock
from emulator.contract.findings import find
from emulator.extras.recording.format import body_of
from emulator.extras.recording.redaction import FORM, hide_body, hide_query
from emulator.journal.entries import Entry
from emulator.journal.headers import kept_headers
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject, JsonText, read, render
from emulator.redaction.names import HIDDEN
from emulator.redaction.text import hide_in_body, hide_in_header, hide_in_text
from emulator.redaction.values import hide_in_json, hide_in_query, hide_in_string
from tests.extras.wiremock.logged import logged
from tests.journal.made import frame_entry, http_entry, webhook_entry
from tests.redaction.spellings import ENCODED, ESCAPED, INNOCENTS, SPELLINGS

SECRET = "Zq-s3cret-qZ"
Shown: TypeAlias = Callable[[str, str], str]  # of a name and a value: what is shown of them


def journal(entry: Entry) -> str:
    """What the journal shows of an entry."""
    journal = Journal(SystemClock(), 10)
    journal.add(entry)
    return json.dumps(list(journal.entries()), ensure_ascii=False)


def http(**fields: object) -> str:
    """What the journal shows of a request."""
    return journal(http_entry(**fields))


def frame(content: bytes) -> str:
    """What the journal shows of a frame."""
    return journal(frame_entry(content=content))


def webhook(url: str) -> str:
    """What the journal shows of a webhook."""
    return journal(webhook_entry(url=url))


def admin(query: str = "", body: str = "", headers: tuple[tuple[str, str], ...] = ()) -> str:
    """What /__admin shows of a request."""
    request = logged(query=query, body=body, headers=headers)
    return json.dumps(request.to_event(), ensure_ascii=False)


def recorded(text: str, content_type: str = "application/json") -> str:
    """What a recording has of a body."""
    body = hide_body(body_of(text.encode()), content_type)
    assert body is not None
    return body.model_dump_json()


def in_json(name: str, value: str) -> str:
    """JSON text; a name in it that is escaped stays so."""
    return f'{{"a": 1, "{name}": {json.dumps(value, ensure_ascii=False)}, "b": "after"}}'


def address(name: str, value: str) -> str:
    return f"https://a.example/hook?x=1&{name}={quote(value, safe='')}&b=after"


def hook(name: str, value: str) -> JsonText:
    return JsonText(render({"url": address(name, value), "events": ["chat_started"]}))


def finding(loc: tuple[str, ...], got: str) -> str:
    """What the contract says of a value."""
    return json.dumps(find("request_invalid", loc, got, problem="a number").to_json())


# Each shows the name, and should not show the value.
OF_JSON: dict[str, Shown] = {
    "body": lambda n, v: hide_in_body(in_json(n, v)),
    "body, compact": lambda n, v: hide_in_body(in_json(n, v).replace('": ', '":')),
    "body, broken": lambda n, v: hide_in_body(in_json(n, v)[:-1] + ",]"),
    "body, cut in the value": lambda n, v: hide_in_body(in_json(n, v)[: -len('", "b": "after"}')]),
    "body, twice": lambda n, v: hide_in_body(in_json(n, v)[:-1] + f', "{n}": null}}'),
    "JSON in JSON": lambda n, v: hide_in_body(json.dumps({"p": in_json(n, v)})),
    "JSON in broken JSON": lambda n, v: hide_in_body(json.dumps({"p": in_json(n, v)})[:-1]),
    "broken JSON in JSON": lambda n, v: hide_in_body(json.dumps({"p": in_json(n, v)[:-1]})),
    "an object": lambda n, v: hide_in_body(f'{{"{n}": {json.dumps({"x": ["}", v, {v: 1}]})}}}'),
    "an object, cut": lambda n, v: hide_in_body(f'{{"{n}": {json.dumps({"x": ["}", v]})}, "b'),
    "journal": lambda n, v: http(request=in_json(n, v).encode()),
    "journal, a frame": lambda n, v: frame(JsonText(in_json(n, v).encode())),
    "journal, a broken frame": lambda n, v: frame(in_json(n, v)[:-1].encode()),
    "__admin": lambda n, v: admin(body=in_json(n, v)),
    "recording": lambda n, v: recorded(in_json(n, v)),
    "recording, broken": lambda n, v: recorded(in_json(n, v)[:-1]),
    "query": lambda n, v: hide_in_query(f"session_settings={quote(in_json(n, v))}&b=after"),
    "log": lambda n, v: hide_in_text(f"wrong: {in_json(n, v)} and more"),
    "finding": lambda n, v: finding(("frame",), in_json(n, v)[:-1]),
}  # fmt: skip
OF_URLS: dict[str, Shown] = {
    "query": lambda n, v: hide_in_query(f"x=1&{n}={quote(v, safe='')}&b=after"),
    "form": lambda n, v: hide_in_body(f"x=1&{n}={quote(v, safe='')}&b=after"),
    "journal": lambda n, v: http(query=address(n, v).partition("?")[2].encode()),
    "journal, a URL in JSON": lambda n, v: http(request=render({"url": address(n, v)})),
    "journal, a URL in a frame": lambda n, v: frame(hook(n, v)),
    "journal, a webhook": lambda n, v: webhook(address(n, v)),
    "journal, a path": lambda n, v: http(path=f"/x?{n}={v}"),
    "a URL in broken JSON": lambda n, v: hide_in_body(hook(n, v).decode()[:-1]),
    "a URL in a URL": lambda n, v: hide_in_query(f"next={quote(address(n, v), safe='')}"),
    "a fragment": lambda n, v: hide_in_string(f"https://a.example/#{n}={quote(v)}"),
    "__admin": lambda n, v: admin(query=f"{n}={quote(v)}&b=after"),
    "recording": lambda n, v: hide_query(f"{n}={quote(v)}&b=after"),
    "recording, a form": lambda n, v: recorded(f"{n}={quote(v)}&b=after", FORM),
    "referer": lambda n, v: hide_in_header("referer", address(n, v)),
    "log": lambda n, v: hide_in_text(f"cannot reach {address(n, v)} now"),
    "log, a target": lambda n, v: hide_in_text(f"/x?x='&{n}=a,'\"{v}&b=after"),
    "log, a request": lambda n, v: hide_in_text(f"GET /x?x='&{n}=a,'{quote(v)}&b=a HTTP/1.1"),
    "finding": lambda n, v: finding(("query", n), v),
}  # fmt: skip
OF_TEXT: dict[str, Shown] = {
    "header": lambda n, v: http(request_headers=kept_headers([(n.encode(), v.encode())])),
    "header, Bearer": lambda n, v: hide_in_header(n, f"Bearer {v}"),
    "header of /__admin": lambda n, v: admin(headers=((n.lower(), f"a={v}"),)),
    "log, a header": lambda n, v: hide_in_text(f"{n}: {v}"),
    "log, headers as Python has them": lambda n, v: hide_in_text(repr([(n.encode(), v.encode())])),
    "log, an object as Python has it": lambda n, v: hide_in_text(f"Settings({n}={v!r}, x='y')"),
    "log, a dictionary": lambda n, v: hide_in_text(repr({"a": {n: {"x": v}}, "b": "after"})),
    "log, a traceback": lambda n, v: hide_in_text(f"Traceback:\n  File\nValueError: {n}={v}"),
}  # fmt: skip


EVERY_SURFACE = [
    *((place, surface, (*SPELLINGS, *ESCAPED)) for place, surface in OF_JSON.items()),
    *((place, surface, (*SPELLINGS, *ENCODED)) for place, surface in OF_URLS.items()),
    *((place, surface, SPELLINGS) for place, surface in OF_TEXT.items()),
]


@pytest.mark.parametrize(("place", "surface", "names"), EVERY_SURFACE)
def test_no_spelling_shows_its_value(place: str, surface: Shown, names: list[str]) -> None:
    """Of those that mean anything on a surface; that something is hidden is said."""
    for name in names:
        shown = surface(name, SECRET)
        assert "Zq" not in shown, f"{name} in {place}"
        assert "qZ" not in shown, f"{name} in {place}"
        assert HIDDEN in shown or quote(HIDDEN) in shown, f"{name} in {place}"


@pytest.mark.parametrize(("place", "surface", "_"), EVERY_SURFACE)
def test_innocents_are_shown(place: str, surface: Shown, _: list[str]) -> None:
    """What only looks like a credential's name hides nothing."""
    if place != "header, Bearer":  # whose value is a credential, whatever the name
        assert [name for name in INNOCENTS if "qZ" not in surface(name, SECRET)] == []


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029")
ANY = st.text(CHARACTERS, max_size=30).map(lambda middle: f"Zq{middle}qZ")
RAW = ("log, a target", "journal, a path")  # can't hold a space or &
OF_ANY = [*OF_JSON.values(), *(OF_URLS[place] for place in OF_URLS if place not in RAW)]
IN_HEADERS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=30)


@given(secret=ANY, name=st.sampled_from(SPELLINGS), surface=st.sampled_from(OF_ANY))
def test_no_secret_shows(secret: str, name: str, surface: Shown) -> None:
    """Whatever it is made of."""
    shown = surface(name, secret)
    assert "Zq" not in shown
    assert "qZ" not in shown


@given(
    secret=IN_HEADERS.map(lambda middle: f"Zq{middle}qZ"),
    name=st.sampled_from([name for name in SPELLINGS if "cookie" not in name.lower()]),
    surface=st.sampled_from([OF_TEXT[place] for place in OF_TEXT if "header" in place]),
)
def test_no_secret_shows_of_a_header(secret: str, name: str, surface: Shown) -> None:
    """Whatever it is made of that a header can hold."""
    shown = surface(name, secret)
    assert "Zq" not in shown
    assert "qZ" not in shown


@given(text=st.text(st.sampled_from("{}[]()\"\\'=:,&?#%;/@ \n5fFapikeytoken"), max_size=60))
def test_any_text_can_be_hidden_in(text: str) -> None:
    """Nothing is too odd, and a second look changes nothing of a query or a text of JSON."""
    assert isinstance(hide_in_body(text) + hide_in_text(text), str)
    for hide in (hide_in_string, hide_in_query):
        assert hide(hide(text)) == hide(text)


def test_what_is_left_of_the_rest() -> None:
    """All else is as it was, with its spaces."""
    assert hide_in_body('{ "token" : "a",\n "n": [1.50, "x"] }') == (
        '{ "token" : "(hidden)",\n "n": [1.50, "x"] }'
    )
    assert hide_in_query("a=b%20c&token=x&token=&y&z=") == "a=b%20c&token=(hidden)&token=&y&z="
    assert hide_in_header("authorization", "Basic eDp5") == "Basic (hidden)"
    assert hide_in_header("accept", "*/*; q=0.5") == "*/*; q=0.5"
    assert hide_in_text("GET /a?token=x&b=1 HTTP/1.1") == "GET /a?token=(hidden)&b=1 HTTP/1.1"
    assert hide_in_text('{"a": "token", "b": "x"') == '{"a": "token", "b": "x"'
    assert hide_in_string("https://me:word@a.example/x?b=1") == "https://(hidden)@a.example/x?b=1"


def test_values_that_say_nothing() -> None:
    """Nothing, true and false are no credentials; numbers, objects and lists are hidden whole."""
    value: JsonObject = {
        "token": None,
        "secret": True,
        "password": "",
        "api_key": [],
        "signature": {},
    }
    assert hide_in_json(value) == value
    assert hide_in_json({"token": 0, "secret": [1], "a": [{"apiKey": {"b": 1}}]}) == {
        "token": "(hidden)",
        "secret": "(hidden)",
        "a": [{"apiKey": "(hidden)"}],
    }


def test_a_schema_has_names_but_no_values() -> None:
    """A tool may have a parameter that is called so: its schema is shown, but for examples."""
    field = {"type": "string", "description": "Yours", "default": SECRET, "enum": [SECRET]}
    schema = {"type": "object", "properties": {"api_key": field}, "required": ["api_key"]}
    shown = {**field, "default": "(hidden)", "enum": ["(hidden)"]}
    assert hide_in_json(schema) == {**schema, "properties": {"api_key": shown}}
    assert read(hide_in_json({"parameters": json.dumps(schema)})["parameters"]) == {
        **schema,
        "properties": {"api_key": shown},
    }
    assert hide_in_json({"properties": {"api_key": SECRET}}) == {
        "properties": {"api_key": "(hidden)"}
    }


def test_what_people_say_is_shown() -> None:
    """In a text of JSON only addresses are looked into."""
    for text in ("my password: hunter2", "[Note] The token is x=1", '"secret" is a word'):
        assert hide_in_json({"text": text}) == {"text": text}


def test_deep_json() -> None:
    """As deep as JSON may be, and in it again."""
    inner = "[" * 250 + '{"token": "x"}' + "]" * 250
    text = "[" * 250 + json.dumps(inner) + "]" * 250
    assert "(hidden)" in hide_in_body(text)


def test_settings_as_python_has_them() -> None:
    """As an exception may show them."""
    settings = SessionSettings(type="session_settings", language_model_api_key=SECRET)
    assert SECRET not in hide_in_text(repr(settings))


def test_a_form_with_json_in_it() -> None:
    text = urlencode({"settings": json.dumps({"token": SECRET}), "name": "x"})
    assert SECRET not in hide_in_body(text)
    assert "name=x" in hide_in_body(text)
