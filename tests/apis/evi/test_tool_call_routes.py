"""/_emulator/tool-calls: calls that clients owe an answer to."""

from emulator.testing.world import Evi
from tests.outgoing.calls import ask
from tests.testing.talking import http, talking

PATH = "/_emulator/tool-calls"


def ask_for_a_tool(evi: Evi) -> None:
    evi.script.on_user("weather").call_tool("get_weather").say("{tool_result}")


def test_a_call_waits_for_its_answer(evi: Evi) -> None:
    """It is listed with its chat, in words, until the client answers."""
    ask_for_a_tool(evi)
    with http(evi) as client, talking(evi) as talk:
        assert ask(client, "GET", PATH) == {"patience": None, "unanswered": [], "given_up": []}
        talk.say("weather")
        id = talk.read_until("tool_call")["tool_call_id"]
        [waiting] = ask(client, "GET", PATH)["unanswered"]
        assert waiting["chat_id"] == evi.next_chat().id
        assert waiting["message"].startswith(f"tool_call {id} was never answered")
        talk.send(type="tool_response", tool_call_id=id, content="snow")
        talk.read_until("assistant_end")
        assert ask(client, "GET", PATH)["unanswered"] == []


def test_a_chat_ends_if_no_answer_comes(evi: Evi) -> None:
    """After the time that a test gives its clients."""
    ask_for_a_tool(evi)
    with http(evi) as client:
        assert ask(client, "PUT", PATH, {"patience": 0})["patience"] == 0
        with talking(evi) as talk:
            talk.say("weather")
            assert "was never answered" in talk.read_until("error")["message"]
        [given_up] = ask(client, "GET", PATH)["given_up"]
    assert "within 0 s" in given_up


def test_the_patience_is_a_number(evi: Evi) -> None:
    with http(evi) as client:
        for body in ({}, {"patience": "5"}, {"patience": -1}):
            assert client.put(PATH, json=body).status_code == 422
        assert ask(client, "PUT", PATH, {"patience": None})["patience"] is None
