"""A credential that a client sends in every way that there is shows on no surface of a server."""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator import Emulator
from emulator.contract.renderings import FORMATS, render_report
from emulator.contract.report import Demands
from emulator.testing.world import Evi
from tests.redaction.spellings import ENCODED, ESCAPED, SPELLINGS

KEY = "key-of-the-world-Zq"  # which no surface may show either
IN_URLS = (*SPELLINGS, *ENCODED)
IN_JSON = (*SPELLINGS, *ESCAPED)


class Secrets:
    """Gives each place a secret of its own, and knows them all."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def new(self, place: str) -> str:
        secret = f"Zq{len(self.places)}s3cret"
        self.places[secret] = place
        return secret

    def found_in(self, text: str) -> list[str]:
        return [place for secret, place in self.places.items() if secret in text]


@dataclass
class Seen:
    """All that was shown, by surface, and what none of it may show."""

    surfaces: dict[str, str]
    secrets: Secrets


def in_json(name: str, value: object) -> str:
    """JSON text; a name in it that is escaped stays so."""
    return f'{{"name": "x", "{name}": {json.dumps(value)}, "evi_version": "3"}}'


def ask_in_every_way(evi: Evi, secrets: Secrets) -> None:
    """REST requests: queries, headers, bodies of all kinds, paths that lead nowhere."""
    with httpx.Client(base_url=evi.url, headers={"X-Hume-Api-Key": KEY}) as client:
        for name in IN_URLS:
            for path in ("/v0/evi/configs", "/v0/nowhere"):
                secret = quote(secrets.new(f"{name} in the query of {path}"))
                client.get(f"{path}?x='&{name}=a,{secret}&page_size=2")
                client.get(f"{path}?apiKey={secret}&api_key=a")
            client.get(f"/v0/evi/configs?a%26{name}%3D{secrets.new(f'{name} in a name')}=1")
            client.get(f"/v0/evi/x%3F{name}%3D{secrets.new(f'{name} in a path')}")
            form = f"a=b&{name}={secrets.new(f'{name} in a form')}"
            client.post("/v0/evi/configs", content=form)
        for name in SPELLINGS:
            value = secrets.new(f"{name} in a header")
            client.get("/v0/evi/configs", headers={name: f"a={value}"})
            client.get("/v0/evi/configs", headers={"Referer": f"http://a.example/?{name}={value}"})
        for name in IN_JSON:
            for path in ("/v0/evi/configs", "/v0/nowhere"):
                text = in_json(name, secrets.new(f"{name} in JSON"))
                deep = in_json(name, {"x": [secrets.new(f"{name} in an object")]})
                told = json.dumps({"name": text, "evi_version": 3})
                for body in (text, text[:-1], deep, deep[:-1], told, told[:-1]):
                    client.post(path, content=body)


def talk_in_every_way(evi: Evi, secrets: Secrets) -> None:
    """Chats: frames and handshakes."""
    url = f"{evi.ws_url}?api_key={KEY}"
    with connect(url, proxy=None, max_queue=None) as socket:  # whose answers nobody reads
        for name in IN_JSON:
            text = in_json(name, secrets.new(f"{name} in a frame"))
            deep = in_json(name, {"x": [secrets.new(f"{name} in an object of a frame")]})
            typed = text.replace('"name": "x"', '"type": "session_settings"')
            answer = json.dumps({"type": "tool_response", "tool_call_id": "x", "content": text})
            for frame in (text, typed, deep, answer, text[:-1], deep[:-2], answer[:-1]):
                socket.send(frame)
        socket.send('{"type": "user_input", "text": "Hello!"}')
        evi.next_chat().expect("user_input", timeout=10)
    for name in IN_URLS:
        secret = secrets.new(f"{name} in a handshake")
        names = (f"session_settings[{name}][x]", f"session_settings[{name}]", name)
        pairs = "&".join(f"{quote(each, safe='%')}={secret}" for each in names)
        with suppress(InvalidStatus), connect(f"{evi.ws_url}?api_key={KEY}&{pairs}", proxy=None):
            pass


def hook_in_every_way(evi: Evi, secrets: Secrets) -> None:
    """Webhooks whose URLs say who asks."""
    with httpx.Client(base_url=evi.url, headers={"X-Hume-Api-Key": KEY}, timeout=30) as client:
        receiver = evi.webhook_receiver()
        receiver.answer(*[500] * len(IN_URLS))
        for name in IN_URLS:
            query = f"a=1&{name}={secrets.new(f'{name} in the URL of a webhook')}"
            body = {"event_name": "chat_ended", "url": f"{receiver.url}hook?{query}"}
            client.post("/_emulator/webhooks/trigger", json=body)
            hooks = [{"url": body["url"], "events": ["chat_ended"]}]
            config = {"name": f"x {name}", "evi_version": "3", "webhooks": hooks}
            client.post("/v0/evi/configs", json=config)


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """A server to which everything was sent, and all that it shows of it."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("emulator", "uvicorn.error", "uvicorn.access")]
    secrets = Secrets()
    with Emulator(seed="empty", log_requests=True, journal_limit=100_000) as server:
        evi = server.world(KEY)
        for logger in loggers:
            logger.addHandler(handler)
        try:
            ask_in_every_way(evi, secrets)
            talk_in_every_way(evi, secrets)
            hook_in_every_way(evi, secrets)
        finally:
            for logger in loggers:
                logger.removeHandler(handler)
        yield Seen({**surfaces_of(evi), "log": "\n".join(lines)}, secrets)


def surfaces_of(evi: Evi) -> dict[str, str]:
    """What everybody may see, by name."""
    paths = {
        "journal": "/_emulator/journal",
        "waiting for the journal": "/_emulator/journal/wait?after=0",
        "contract": "/_emulator/contract",
        "contract of all": "/_emulator/contract?worlds=all",
        "deliveries": "/_emulator/webhooks/deliveries",
        "__admin": "/__admin/requests",
        "__admin, unmatched": "/__admin/requests/unmatched",
    }
    key = {"X-Hume-Api-Key": evi.api_key}
    with httpx.Client(base_url=evi.url, headers=key, timeout=30) as client:
        texts = {name: client.get(path).text for name, path in paths.items()}
        texts["__admin, found"] = client.post("/__admin/requests/find", json={}).text
    report = evi.contract.report()
    for format in FORMATS:
        texts[f"report, {format}"] = render_report(report, Demands(), format)
    return {
        **texts,
        "journal of the handle": json.dumps(evi.journal.entries()),
        "timeline": evi.timeline(),
        "findings of the handle": json.dumps(evi.contract.findings),
    }


SURFACES = (
    "journal",
    "waiting for the journal",
    "contract",
    "contract of all",
    "deliveries",
    "__admin",
    "__admin, unmatched",
    "__admin, found",
    *(f"report, {format}" for format in FORMATS),
    "journal of the handle",
    "timeline",
    "findings of the handle",
    "log",
)


@pytest.mark.slow
def test_no_surface_shows_a_secret(seen: Seen) -> None:
    """None of them, nor the key of the world; on each, there is something to be seen."""
    assert set(seen.surfaces) == set(SURFACES)
    assert [name for name, text in seen.surfaces.items() if len(text) <= 1_000] == []
    shown = {name: seen.secrets.found_in(text) for name, text in seen.surfaces.items()}
    assert {name: places for name, places in shown.items() if places} == {}
    assert [name for name, text in seen.surfaces.items() if KEY in text] == []


@pytest.mark.slow
def test_that_something_was_hidden_is_said(seen: Seen) -> None:
    """With the name of what it was."""
    for name in ("journal", "__admin", "log", "deliveries"):
        assert seen.surfaces[name].count("(hidden)") >= len(IN_URLS), name
        assert "page_size=2" in seen.surfaces[name] or name == "deliveries", name


# what tests compare


def test_expectations_see_what_was_sent() -> None:
    """A test may expect a credential, and gets it; what it prints when it fails has none."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        with connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None) as socket:
            chat = evi.next_chat()
            socket.send('{"type": "session_settings", "language_model_api_key": "Zq-mine"}')
            with pytest.raises(AssertionError, match="differ in what is hidden") as failed:
                chat.expect("session_settings", language_model_api_key="Zq-other", timeout=0.2)
            frame = chat.expect("session_settings", language_model_api_key="Zq-mine")
        httpx.get(f"{evi.url}/v0/evi/configs?api_key=Zq-mine", headers={"X-Hume-Api-Key": KEY})
        with pytest.raises(AssertionError) as missing:
            evi.journal.wait_for("http", timeout=0, query="api_key=Zq-other")
    assert frame["language_model_api_key"] == "Zq-mine"
    assert "Zq-" not in str(failed.value) + str(missing.value)


def test_the_journal_is_asked_for_what_was_sent() -> None:
    """Or for what it shows."""
    with Emulator(seed="empty") as server:
        evi = server.world(KEY)
        httpx.get(f"{evi.url}/v0/evi/configs?api_key={KEY}&page_size=2")
        [entry] = evi.journal.entries(query=f"api_key={KEY}&page_size=2")
        assert evi.journal.entries(query="api_key=(hidden)&page_size=2") == [entry]
        assert entry["query"] == "api_key=(hidden)&page_size=2"
        assert evi.journal.entries(query="api_key=another&page_size=2") == []


def test_receivers_get_what_was_asked_for() -> None:
    """A webhook goes to the whole URL; the handle has it, and the deliveries of the server not."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        receiver = evi.webhook_receiver()
        url = f"{receiver.url}?token=Zq-mine"
        made = evi.webhooks.trigger("chat_ended", url=url, set={"custom_session_id": "Zq"})
        assert (made["url"], made["state"]) == (url, "delivered")
        assert evi.webhooks.wait_for("chat_ended", url=url)["url"] == url
        key = {"X-Hume-Api-Key": evi.api_key}
        shown = httpx.get(f"{evi.url}/_emulator/webhooks/deliveries/{made['id']}", headers=key)
        assert shown.json()["url"] == f"{receiver.url}?token=(hidden)"
        assert shown.json()["body"] == made["body"] == receiver.received[0].body.decode()


def test_a_stub_matches_what_was_sent() -> None:
    """Patterns of /__admin see the true values, though the answer shows none."""
    with Emulator(seed="empty") as server:
        evi = server.world(KEY)
        httpx.get(f"{evi.url}/v0/evi/configs?apiKey=Zq-mine", headers={"X-Hume-Api-Key": KEY})
        pattern = {
            "queryParameters": {"apiKey": {"equalTo": "Zq-mine"}},
            "headers": {"X-Hume-Api-Key": {"equalTo": KEY}},
        }
        found = httpx.post(f"{evi.url}/__admin/requests/find", json=pattern).json()["requests"]
        assert [each["url"] for each in found] == ["/v0/evi/configs?apiKey=(hidden)"]


# files


def test_a_snapshot_hides_what_nothing_needs_back(tmp_path: Path) -> None:
    """The key of a language model that a script's user sends: everything else is needed."""
    user = [
        {"send": {"type": "session_settings", "language_model_api_key": "Zq-mine"}},
        {"type": "Hello"},
    ]
    with Emulator(seed="empty") as server:
        evi = server.world()
        evi.use_script({"user": user})
        evi.save(tmp_path / "world.json")
        other = server.world()
        other.load(tmp_path / "world.json")
        assert other.script.user[1:] == evi.script.user[1:]
        evi.restore(evi.snapshot())
        assert "Zq-mine" in repr(evi.script.user)
    text = (tmp_path / "world.json").read_text()
    assert "Zq-mine" not in text
    assert '"language_model_api_key":"(hidden)"' in text
    assert (tmp_path / "world.json").stat().st_mode & 0o777 == 0o600
