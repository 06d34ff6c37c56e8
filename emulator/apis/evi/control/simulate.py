"""Whole conversations in the caller's world, and the scripts in bodies."""

from collections.abc import Mapping
from typing import Any

from emulator.control import ControlCall
from emulator.errors import Problem, ScriptError, ValidationFailed
from emulator.jsontext import Json, JsonObject


async def simulate_chat(call: ControlCall) -> Json:
    """Run a whole conversation. Raises ValidationFailed, and ApiError for what does not exist."""
    # on pydantic's models, which cost 0.1 s
    from emulator.apis.evi.chat.script_file import load_script
    from emulator.apis.evi.chat.simulation import new_scenario, simulate

    body = dict(call.body)
    script = script_content(body.pop("script", {}))
    try:
        loaded, scene = load_script({**script, **body})
    except ScriptError as error:
        raise refusal(error, body) from None
    session = simulate(call.world, new_scenario(call.world, loaded, scene))
    return {
        "chat_id": session.chat_id,
        "chat_group_id": session.chat_group_id,
        "status": session.status,
    }


def script_content(given: Any) -> JsonObject:
    """Over HTTP only bundled scripts have names: no file of this machine is read."""
    from emulator.apis.evi.chat.script_file import bundled_scripts, read_script_file, unknown_script

    if isinstance(given, dict):
        return given
    if given not in bundled_scripts():
        raise ValidationFailed(
            [Problem(("body", "script"), unknown_script(given), "script_unknown")]
        )
    return read_script_file(given)


def refusal(error: ScriptError, body: Mapping[str, Any]) -> ValidationFailed:
    """422 with every mistake, in the part of the body where it stands."""
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
