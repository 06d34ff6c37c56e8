"""The routes whose bodies hold a script: the world's own, or a whole conversation.

It is on pydantic, so `routes` imports it when one of them is first called.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_file import (
    Scene,
    bundled_scripts,
    load_script,
    read_script_file,
    unknown_script,
)
from emulator.apis.evi.chat.simulation import new_scenario, simulated
from emulator.apis.evi.control.script import in_short
from emulator.apis.evi.world_script import take_script
from emulator.control import ControlCall, ControlHandler
from emulator.errors import Problem, ScriptError, ValidationFailed
from emulator.jsontext import Json, JsonObject


async def set_script(call: ControlCall) -> Json:
    """Replace the world's script. Raises ValidationFailed."""
    given = call.body.get("script", call.body)
    try:
        script, _ = await _loaded(_content(given))
    except ScriptError as error:
        raise _refusal(error, {}) from None
    take_script(call.world, script)
    return in_short(script)


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
    "set-script": set_script,
    "simulate-chat": simulate_chat,
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
    if "\n" in given:
        return _read_text(given)
    if given not in bundled_scripts():
        raise ValidationFailed(
            [Problem(("body", "script"), unknown_script(given), "script_unknown")]
        )
    return read_script_file(given)


def _read_text(text: str) -> JsonObject:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.yaml"
        path.write_text(text)
        try:
            return read_script_file(str(path))
        except ScriptError as error:
            raise _refusal(error, {}) from None


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
