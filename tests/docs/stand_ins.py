"""Stands in for what the pages leave to their reader: an app, an SDK, a server."""

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.sync.client import connect

from emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.model.server import ModelServer, words
from tests.apis.evi.model.talks import new_config
from tests.apis.evi.open_ai import open_ai
from tests.audio.decoding.recordings import pieces, recording
from tests.docs.pages import ROOT
from tests.testing.talking import talking

Names = Mapping[str, Any]


def run_my_app(base_url: str, api_key: str) -> None:
    """An app in a thread, which asks for the weather and answers the assistant's tool call."""

    def converse() -> None:
        address = base_url.replace("http", "ws", 1) + f"/v0/evi/chat?api_key={api_key}"
        with connect(address, proxy=None) as socket:
            socket.send(json.dumps({"type": "user_input", "text": "What's the weather?"}))
            for received in socket:
                message = json.loads(received)
                if message["type"] == "tool_call":
                    answer = {
                        "type": "tool_response",
                        "tool_call_id": message["tool_call_id"],
                        "content": '{"celsius": -4}',
                    }
                    socket.send(json.dumps(answer))
                if message["type"] == "assistant_end":
                    return

    threading.Thread(target=converse).start()


class MySdk:
    """An SDK with one method."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url, self._headers = url, {"X-Hume-Api-Key": api_key}

    def create_config(self, name: str) -> None:
        body = {"evi_version": "3", "name": name}
        url = f"{self._url}/v0/evi/configs"
        httpx.post(url, json=body, headers=self._headers, trust_env=False).raise_for_status()


class HumeTTSService:
    """Pipecat's service, as far as the page uses it. The real one runs in `make test-clients`."""

    class Settings:
        def __init__(self, voice: str) -> None: ...

    def __init__(self, api_key: str, settings: Settings) -> None:
        self._http_client = httpx.AsyncClient()
        self._client: object = None


@contextmanager
def nothing(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    yield {}


@contextmanager
def of_testing(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    yield {"run_my_app": run_my_app}


@contextmanager
def of_contract(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    yield {"MySdk": MySdk}


@contextmanager
def of_clients(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    yield {"HumeTTSService": HumeTTSService, "client": evi.client()}


@contextmanager
def of_custom_models(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    """A server that knows the weather, and a config that names it."""
    with ModelServer().serving() as server:
        server.answer(words("It is sunny."))
        yield {"config_id": new_config(evi, f"{server.url}/chat/completions")}


@contextmanager
def of_clm_check(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    """The server of the example, in place of the reader's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLM_KEY", "my-key")  # the page's key
        with _example("clm-python/server.py") as url:
            yield {"http://127.0.0.1:8000": url, "url": f"{url}/chat/completions", "evi": evi}


@contextmanager
def of_language_model(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    """The server of the example, where the page has it."""
    with _example("clm-python/server.py") as url:
        yield {"http://127.0.0.1:8000": url}


@contextmanager
def of_local_models(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    """A world whose ears and voice are a server of OpenAI's API, and its user."""
    with open_ai() as server:
        server.transcripts.append("What is the weather?")
        world = evi_server.world(ears=server.url, voice=server.url)

        def speak_to_my_app(text: str) -> None:
            with talking(world) as talk:
                for piece in pieces(recording("wav"), 4_000):
                    talk.socket.send(piece)
                talk.read_until("assistant_end")

        def listen_to_my_app() -> None:
            with talking(world) as talk:
                talk.say("Hello")
                talk.read_until("assistant_end")

        yield {
            "speak_to_my_app": speak_to_my_app,
            "listen_to_my_app": listen_to_my_app,
            "evi": world,
        }
        world.close()


@contextmanager
def of_phone(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    """The server of the example, whose chats are in the world."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUME_API_KEY", evi.api_key)
        patch.setenv("HUME_BASE_URL", evi.url)
        with _example("phone/server.py") as url:
            yield {"server_url": url}


@contextmanager
def _example(path: str) -> Iterator[str]:
    """Serve an example in a thread, on a free port."""
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples" / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = uvicorn.Server(uvicorn.Config(module.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        [port] = [each.getsockname()[1] for each in server.servers[0].sockets]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def of_unchanged_apps(evi: Evi, evi_server: Emulator) -> Iterator[Names]:
    def ask_about_the_weather() -> None:
        run_my_app("https://api.hume.ai", "of-production")

    with pytest.MonkeyPatch.context() as monkeypatch:
        yield {"ask_about_the_weather": ask_about_the_weather, "monkeypatch": monkeypatch}


# By page: what its blocks find beside `evi`.
STAND_INS: Mapping[str, Callable[[Evi, Emulator], AbstractContextManager[Names]]] = {
    "docs/testing.md": of_testing,
    "docs/start/language-model.md": of_language_model,
    "docs/unchanged-apps.md": of_unchanged_apps,
    "docs/contract.md": of_contract,
    "docs/clients.md": of_clients,
    "docs/custom-models.md": of_custom_models,
    "docs/clm-check.md": of_clm_check,
    "docs/local-models.md": of_local_models,
    "docs/phone.md": of_phone,
}
