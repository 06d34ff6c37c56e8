"""POST /_emulator/simulate: a whole conversation in the caller's world."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import Problem, ScriptError, ValidationFailed
from emulator.jsontext import JsonObject
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world

# `script` is a bundled script's name, or a script; what else the body says goes before it.
SIMULATE: JsonObject = {
    "type": "object",
    "properties": {"script": {"type": ["string", "object"]}},
}


def simulate_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def simulate(request: Request) -> Response:
        # imported when first needed, since pydantic's models cost 0.1 s
        from emulator.apis.evi.chat.script_file import load_script
        from emulator.apis.evi.chat.simulation import new_scenario
        from emulator.apis.evi.chat.simulation import simulate as run

        world = caller_world(auth, request)
        body = await bodies.read_outline(request, SIMULATE)
        script = script_content(body.pop("script", {}))
        try:
            loaded, scene = load_script({**script, **body})
        except ScriptError as error:
            raise refusal(error, body) from None
        session = run(world, new_scenario(world, loaded, scene))
        return answer(
            {
                "chat_id": session.chat_id,
                "chat_group_id": session.chat_group_id,
                "status": session.status,
            }
        )

    return [Route("/_emulator/simulate", simulate, methods=["POST"])]


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
