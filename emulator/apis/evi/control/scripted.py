"""The routes whose bodies hold a script: the world's own, or a whole conversation.

It is on pydantic, so `routes` imports it when one of them is first called.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.apis.evi.chat.finding_scripts import bundled_scripts, unknown_script
from emulator.apis.evi.chat.kept_text import keep_text
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_file import (
    Scene,
    checked_script_file,
    load_script,
    read_script_file,
)
from emulator.apis.evi.chat.script_text import script_text
from emulator.apis.evi.chat.simulation import new_scenario, simulated
from emulator.apis.evi.state import EviState
from emulator.apis.evi.world_script import script_of, take_script
from emulator.control import ControlCall, ControlHandler
from emulator.errors import Problem, ScriptError, ValidationFailed, pointer
from emulator.jsontext import Json, JsonObject
from emulator.source_files import LocatedMistake, UnreadableError
from emulator.world.world import World


async def get_script(call: ControlCall) -> Json:
    """Return the script of future chats."""
    return described(script_of(call.world), call.world)


async def set_script(call: ControlCall) -> Json:
    """Replace the world's script. Raises ValidationFailed."""
    given = call.body.get("script", call.body)
    try:
        script, _ = await _loaded(_content(given))
    except ScriptError as error:
        raise _refusal(error, {}) from None
    if isinstance(given, str):
        keep_text(script, _text(given))
    take_script(call.world, script)
    return described(script, call.world)


async def check_script(call: ControlCall) -> Json:
    """Return the mistakes of a script, with their lines if it is a text; nothing changes."""
    given = call.body.get("script", call.body)
    if isinstance(given, str):
        mistakes = await asyncio.to_thread(_mistakes_of_text, _text(given))
    else:
        mistakes = await asyncio.to_thread(_mistakes_of_content, given)
    problems = [
        {"line": line, "place": pointer(loc), "message": message} for line, loc, message in mistakes
    ]
    return {"problems": problems}


async def simulate_chat(call: ControlCall) -> Json:
    """Run a whole conversation. Raises ValidationFailed, and ApiError for what does not exist."""
    body = dict(call.body)
    script = _content(body.pop("script", {}))
    try:
        loaded, scene = await _loaded({**script, **body})
    except ScriptError as error:
        raise _refusal(error, body) from None
    session = await simulated(call.world, new_scenario(call.world, loaded, scene))
    return {
        "chat_id": session.chat_id,
        "chat_group_id": session.chat_group_id,
        "status": session.status,
    }


# By the routes' operation ids.
SCRIPTED: Mapping[str, ControlHandler] = {
    "get-script": get_script,
    "set-script": set_script,
    "check-script": check_script,
    "simulate-chat": simulate_chat,
}


def described(script: Script, world: World) -> JsonObject:
    """Return what a script answers: its rules, how often each was used, and its text."""
    followed = script.followed
    return {
        "name": Path(script.name).name,  # where a file lies is nobody's business
        "strict": script.strict,
        "rules": [str(rule) for rule in script.rules],
        "uses": world.state(EviState).script_use.counts(script),
        "text": script_text(script),
        "file": followed and followed.path.name,
        "mistake": followed and followed.mistake,
    }


async def _loaded(content: JsonObject) -> tuple[Script, Scene]:
    """Return the script of a content; sounds, which take time to decode, in a thread."""
    if "sounds" in content:
        return await asyncio.to_thread(load_script, content)
    return load_script(content)


def _content(given: Any) -> JsonObject:
    """Return a script's content, given as such, as the text of a file, or as a bundled name.

    No other file of this machine is read over HTTP. Raises ValidationFailed.
    """
    if isinstance(given, dict):
        return given
    if "\n" not in given:
        _bundled(given)
        return read_script_file(given)
    with _file(given) as path:
        try:
            return read_script_file(str(path))
        except ScriptError as error:
            raise _refusal(error, {}) from None


def _text(given: str) -> str:
    """Return the text of a script: as it was given, or a bundled one's. Raises ValidationFailed."""
    return given if "\n" in given else _bundled(given).read_text()


def _bundled(name: str) -> Path:
    """Return the file of a bundled script. Raises ValidationFailed for another name."""
    known = bundled_scripts()
    if name not in known:
        problem = Problem(("body", "script"), unknown_script(name), "script_unknown")
        raise ValidationFailed([problem])
    return known[name]


@contextmanager
def _file(text: str) -> Iterator[Path]:
    """Put a script's text into a file, for as long as it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.yaml"
        path.write_text(text)
        yield path


def _mistakes_of_text(text: str) -> list[LocatedMistake]:
    with _file(text) as path:
        try:
            return checked_script_file(path).located_mistakes()
        except UnreadableError as error:
            return [LocatedMistake(error.line, (), error.reason)]


def _mistakes_of_content(content: JsonObject) -> list[LocatedMistake]:
    try:
        load_script(content)
    except ScriptError as error:
        return [LocatedMistake(None, loc, message) for loc, message in error.mistakes]
    return []


def _refusal(error: ScriptError, body: Mapping[str, Any]) -> ValidationFailed:
    """Return a 422 with every mistake, each at its place in the body."""
    return ValidationFailed(
        [
            Problem(
                ("body", *loc) if loc and loc[0] in body else ("body", "script", *loc),
                message,
                "script_invalid",
            )
            for loc, message in error.mistakes
        ]
    )
