"""Conversations that a test describes. Loads pydantic: import it at first need."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_file import Scene, load_script, read_script_file
from emulator.apis.evi.chat.simulation import new_scenario, simulated
from emulator.jsontext import JsonObject
from emulator.world.world import World


def read_scene(script: str | Mapping[str, Any] | Script, scene: JsonObject) -> tuple[Script, Scene]:
    """Return a script whose keys a scene's keys override. Raises ScriptError."""
    if isinstance(script, Script):
        user_side, loaded = load_script(scene)
        return replace(script, user=user_side.user or script.user), loaded
    name, content = _name_and_content(script)
    return load_script({**content, **scene}, name)


async def run_scene(world: World, script: Script, scene: Scene) -> str:
    """Run a conversation, and return the id of its chat. Raises ApiError."""
    return (await simulated(world, new_scenario(world, script, scene))).chat_id


def _name_and_content(script: str | Mapping[str, Any]) -> tuple[str, JsonObject]:
    if isinstance(script, str):
        return script, read_script_file(script)
    return "script", dict(script)
