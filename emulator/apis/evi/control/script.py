"""What the assistant says in chats to come, and what users are heard to say.

GET, PUT and DELETE /_emulator/script, POST /_emulator/heard.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.control.simulate import refusal, script_content
from emulator.errors import ScriptError
from emulator.jsontext import JsonObject
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world

# A script, or a bundled one's name, under 'script'; or the script itself.
SCRIPT: JsonObject = {
    "type": "object",
    "properties": {"script": {"type": ["string", "object"]}},
}


def script_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def put(request: Request) -> Response:
        from emulator.apis.evi.chat.script_file import load_script  # costs 0.1 s

        world = caller_world(auth, request)
        body = await bodies.read_outline(request, SCRIPT)
        given = body.get("script", body)
        try:
            world.script = load_script(script_content(given))[0]
        except ScriptError as error:
            raise refusal(error, {}) from None
        return answer(_shown(world.script))

    async def show(request: Request) -> Response:
        return answer(_shown(caller_world(auth, request).script))

    async def delete(request: Request) -> Response:
        caller_world(auth, request).forget_script()
        return Response(status_code=204)

    async def heard(request: Request) -> Response:
        """What the user says in the next audio turn that no other text was queued for."""
        world = caller_world(auth, request)
        world.heard.append((await bodies.read(request, "add-heard-text"))["text"])
        return answer({"queued": len(world.heard)})

    return [
        Route("/_emulator/script", show, methods=["GET"]),
        Route("/_emulator/script", put, methods=["PUT"]),
        Route("/_emulator/script", delete, methods=["DELETE"]),
        Route("/_emulator/heard", heard, methods=["POST"]),
    ]


def _shown(script: Script) -> JsonObject:
    """What a script answers, in short."""
    return {"strict": script.strict, "rules": [str(rule) for rule in script.rules]}
