"""The script of a file (`--script FILE`) is read again once the file changes."""

import io
import logging
import os
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from tests.outgoing.calls import ask

Json = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    write(file, "One.")
    return file


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    with TestClient(new_app(Settings(seed="empty", script=str(path)))) as client:
        client.headers["X-Hume-Api-Key"] = "mine"
        yield client


def write(file: Path, answer: str) -> None:
    """Write a script with one rule. It replaces the file, so each has another number."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"rules:\n- answer: {answer}  # as it is now\n")
    os.replace(fresh, file)


def said(client: TestClient) -> str:
    """Return what the assistant answers in a new chat."""
    chat = ask(client, "POST", "/_emulator/simulate", {"user": ["Hello"]})
    events = ask(client, "GET", f"/v0/evi/chats/{chat['chat_id']}")["events_page"]
    return next(str(each["message_text"]) for each in events if each["type"] == "AGENT_MESSAGE")


def news(client: TestClient) -> list[tuple[str, str]]:
    entries = ask(client, "GET", "/_emulator/journal?kind=script")["entries"]
    assert all(each["chat_id"] is None for each in entries)
    return [(each["finding"], each["message"]) for each in entries]


def test_the_next_chat_follows_the_changed_file(client: TestClient, path: Path) -> None:
    """The world's journal has the change; a world that begins later has nothing to be told."""
    assert said(client) == "One."
    assert news(client) == []
    write(path, "Two.")
    assert said(client) == "Two."
    assert news(client) == [("script_read", "mine.yaml was read again: it has 1 rule")]
    client.headers["X-Hume-Api-Key"] = "another"
    assert said(client) == "Two."
    assert news(client) == []


def test_a_broken_file_keeps_the_last_good_script(
    client: TestClient, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Journal and console say where the mistake is; a mended file counts again."""
    write(path, "Two.")
    assert said(client) == "Two."
    write(path, "[{shout: loud}]")
    with caplog.at_level(logging.WARNING, "emulator"):
        assert said(client) == "Two."
    (_, (finding, message)) = news(client)
    assert finding == "script_broken"
    assert message.startswith("the last good script is kept: mine.yaml:2: /rules/0/answer/0")
    assert "mine.yaml:2: " in caplog.text
    told = ask(client, "GET", "/_emulator/script")
    assert told["mistake"] in message
    client.headers["X-Hume-Api-Key"] = "another"
    assert said(client) == "Two."
    assert news(client) == [(finding, message)]
    write(path, "Three.")
    assert said(client) == "Three."
    assert ask(client, "GET", "/_emulator/script")["mistake"] is None


def test_a_file_that_is_gone(client: TestClient, path: Path) -> None:
    path.unlink()
    assert said(client) == "One."
    told = "the last good script is kept: mine.yaml: the file is gone"
    assert news(client) == [("script_broken", told)]


def test_a_worlds_own_script_stays(client: TestClient, path: Path) -> None:
    """Until a reset, which returns to the file as it is then."""
    ask(client, "PUT", "/_emulator/script", {"rules": [{"answer": "Mine."}]})
    write(path, "Two.")
    assert said(client) == "Mine."
    told = "mine.yaml was read again; this world keeps its own script until it is reset"
    assert news(client) == [("script_read", told)]
    ask(client, "DELETE", "/_emulator/script", status=204)
    assert said(client) == "Two."
    ask(client, "POST", "/_emulator/reset", status=204)
    assert said(client) == "Two."


def test_the_text_of_the_file_is_shown(client: TestClient, path: Path) -> None:
    """The text has its comments, and is the file's of now."""
    write(path, "Two.")
    told = ask(client, "GET", "/_emulator/script")
    assert told["text"] == "rules:\n- answer: Two.  # as it is now\n"
    assert (told["name"], told["file"], told["mistake"]) == ("mine.yaml", "mine.yaml", None)


def test_the_sounds_are_followed(client: TestClient, path: Path) -> None:
    """A changed sound counts as a change of the script; a sound that is gone is a mistake."""
    sound = path.with_name("hello.wav")
    sound.write_bytes(wav(100))
    path.write_text("sounds:\n- {text: Hello., file: hello.wav}\n")
    assert said(client)
    assert [finding for finding, _ in news(client)] == ["script_read"]
    assert sound_ms(client) == 100
    sound.write_bytes(wav(300))
    assert said(client)
    assert [finding for finding, _ in news(client)] == ["script_read", "script_read"]
    assert sound_ms(client) == 300
    sound.unlink()
    assert said(client)
    assert news(client)[-1][0] == "script_broken"
    assert sound_ms(client) == 300


def test_sounds_that_are_no_list(client: TestClient, path: Path) -> None:
    """The file has a mistake, as any other."""
    path.write_text("sounds: 5\n")
    client.post("/_emulator/simulate", json={"user": ["Hello"]}).raise_for_status()
    [(finding, message)] = news(client)
    assert finding == "script_broken"
    assert "/sounds: Input should be a valid list, got 5" in message


def wav(ms: int) -> bytes:
    """Return silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(bytes(2 * 48 * ms))
    return file.getvalue()


def sound_ms(client: TestClient) -> int:
    """Return how long the sound of the text lasts."""
    body = {"utterances": [{"text": "Hello."}], "format": {"type": "wav"}}
    answer = ask(client, "POST", "/v0/tts", body)
    duration: float = answer["generations"][0]["duration"]
    return round(duration * 1000)
