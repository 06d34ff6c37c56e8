"""Tests of the app next to this file. `evi` comes with the package: there is nothing to set up."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

import my_app
import pytest

from emulator import Evi


@dataclass
class Handler:
    """The app's webhook handler, listening."""

    url: str
    calls: dict[str, int]


@pytest.fixture
def handler(evi: Evi) -> Iterator[Handler]:
    """The handler, which knows this world's signing key."""
    filed: dict[str, int] = {}

    class WebhookHandler(my_app.WebhookHandler):
        key = evi.signing_key
        calls = filed

    with ThreadingHTTPServer(("127.0.0.1", 0), WebhookHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Handler(f"http://127.0.0.1:{server.server_port}/", filed)
        server.shutdown()
        thread.join()


def test_the_weather(evi: Evi) -> None:
    """The assistant asks for the weather, and the app answers."""
    evi.script.on_user("weather").call_tool("get_current_weather", {"location": "Oslo"}).say(
        "There is {tool_result.sky} at {tool_result.celsius} degrees."
    )

    async def test() -> list[str]:
        running = asyncio.create_task(
            my_app.converse(evi.ws_url, evi.api_key, ["What's the weather in Oslo?"])
        )
        chat = await evi.anext_chat()
        await chat.aexpect("user_input", text="What's the weather in Oslo?")
        await chat.aexpect_tool_response(content='{"celsius": -4, "sky": "snow"}')
        await chat.aclosed(code=1000)
        return await running

    assert asyncio.run(test()) == ["There is snow at -4 degrees."]


def test_a_place_that_is_not_known(evi: Evi) -> None:
    """The app says so, and the conversation goes on."""
    evi.script.on_user("weather").call_tool("get_current_weather", {"location": "Atlantis"}).say(
        "I don't know."
    )
    evi.script.on_user("thanks").say("Sorry.")

    questions = ["The weather in Atlantis?", "Thanks"]
    said = asyncio.run(my_app.converse(evi.ws_url, evi.api_key, questions))

    assert said == ["I don't know.", "Sorry."]
    chat = evi.next_chat()
    chat.expect("tool_error", error="No weather is known for Atlantis.")
    chat.closed()


def test_calls_are_filed(evi: Evi, handler: Handler) -> None:
    """Half an emulated hour passes at once; the webhook tells how long the call was."""
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3",
        name="Support",
        webhooks=[{"url": handler.url, "events": ["chat_ended"]}],
    )
    chat = evi.simulate(user=["Hello"], config_id=config.id, end_reason="ACTIVE")
    evi.clock.advance(minutes=30)

    assert chat.status == "INACTIVITY_TIMEOUT"
    assert handler.calls[chat.id] >= 600


@pytest.mark.parametrize("fault", ["wrong_key", "tampered_body", "missing_headers"])
def test_forged_webhooks_are_refused(evi: Evi, handler: Handler, fault: str) -> None:
    """Whatever is wrong with them."""
    evi.webhooks.misbehave(fault)
    delivery = evi.webhooks.trigger("chat_ended", url=handler.url)

    assert delivery["attempts"][0]["status"] == 401
    assert handler.calls == {}


def test_a_call_is_filed_once(evi: Evi, handler: Handler) -> None:
    """Webhooks may come twice."""
    evi.webhooks.misbehave("duplicate")
    delivery = evi.webhooks.trigger("chat_ended", url=handler.url)

    assert len(delivery["attempts"]) == 2
    assert list(handler.calls) == [delivery["chat_id"]]
