"""The script over HTTP: its rules, uses and text; and what is wrong with one."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.evi.chat.script_text import script_text
from emulator.testing.world import Evi
from tests.outgoing.calls import ask

TEXT = "# Weather\nrules:\n- when: weather\n  answer: It snows.\n- answer: '{user_text}?'\n"


def problems(client: TestClient, script: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(
        client, "POST", "/_emulator/script/check", {"script": script}
    )["problems"]
    return found


def test_the_rules_say_how_often_they_were_used(client: TestClient) -> None:
    """In all chats since the script was set, simulated ones included."""
    ask(client, "PUT", "/_emulator/script", {"script": TEXT})
    for user in (["The weather?", "And you?"], ["Well?"]):
        ask(client, "POST", "/_emulator/simulate", {"user": user})
    told = ask(client, "GET", "/_emulator/script")
    assert (told["rules"], told["uses"]) == (["'weather'", "anything"], [1, 2])
    assert ask(client, "PUT", "/_emulator/script", {"script": TEXT})["uses"] == [0, 0]


def test_the_text_is_as_it_was_given(client: TestClient) -> None:
    """A bundled script has that of its file, and a script that was given as JSON is YAML."""
    assert ask(client, "PUT", "/_emulator/script", {"script": TEXT})["text"] == TEXT
    bundled = ask(client, "PUT", "/_emulator/script", {"script": "weather"})
    assert bundled["text"].startswith("# A tool call")
    given = ask(client, "PUT", "/_emulator/script", {"rules": [{"answer": "Hei på deg."}]})
    assert given["text"] == "rules:\n- answer:\n  - say: Hei på deg.\n"
    ask(client, "DELETE", "/_emulator/script", status=204)
    assert ask(client, "GET", "/_emulator/script")["text"] == ""


def test_the_text_follows_what_python_adds(evi: Evi) -> None:
    """A script to which a rule is added no longer has the file's text."""
    evi.use_script("weather")
    before = script_text(evi.script)
    assert before is not None
    assert before.startswith("# A tool call")
    evi.script.rules[0].say("One more thing.")
    assert "One more thing." in (script_text(evi.script) or "")


@pytest.mark.parametrize(
    ("script", "line", "place", "message"),
    [
        ("rules:\n- when: a\n  answr: b\n", 3, "/rules/0/answr", "did you mean 'answer'"),
        ("rules:\n- [\n", 3, "/", "did not find expected"),
        ("rules:\n- {answer: a}\n- {answer: b}\n", 3, "/rules/1", "can never match"),
        ("sounds:\n- {text: a, file: b.wav}\n", 2, "/sounds/0/file", "b.wav"),
        ({"rules": [{"when": "...", "answer": "b"}]}, None, "/rules/0", "has no words"),
    ],
    ids=["key", "yaml", "meaning", "sound", "content"],
)
def test_a_check_says_where_a_mistake_is(
    client: TestClient, script: Any, line: int | None, place: str, message: str
) -> None:
    """Mistakes have their line if the script is a text; the world keeps its script."""
    found = {(each["line"], each["place"]): each["message"] for each in problems(client, script)}
    assert message in found[line, place]
    assert ask(client, "GET", "/_emulator/script")["rules"] == []


def test_a_good_script_has_no_problems(client: TestClient) -> None:
    assert problems(client, TEXT) == problems(client, "weather") == []
    answer = client.post("/_emulator/script/check", json={"script": "wether"})
    assert answer.status_code == 422
    assert "did you mean 'weather'" in answer.text
