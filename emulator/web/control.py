"""The emulator's own routes, under /_emulator/, and the documents that it serves."""

import hmac
from collections.abc import Iterator, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from emulator import __version__
from emulator.chat.audio import Utterance, conversation, mp4_header, pcm, pcm_bytes
from emulator.errors import (
    AUDIO_NOT_FOUND,
    METHOD_NOT_ALLOWED,
    PATH_NOT_FOUND,
    ApiError,
    api_error,
    closest,
)
from emulator.jsontext import JsonObject, render
from emulator.openapi.document import Document
from emulator.operations.audio import AUDIO_PATH, signature
from emulator.settings import Settings
from emulator.world import World, Worlds
from emulator.web.auth import Auth
from emulator.web.oauth import token_endpoint
from emulator.web.parameters import parse_query

_SPOKEN = ("USER_MESSAGE", "AGENT_MESSAGE")


class Control:
    """The endpoints of everything that is not an operation of a document."""

    def __init__(
        self, auth: Auth, worlds: Worlds, settings: Settings, document: Document, operations: int
    ) -> None:
        self._auth = auth
        self._worlds = worlds
        self._settings = settings
        self._document = document
        self._operations = operations

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/_emulator/health", self.health, methods=["GET"]),
                Route("/_emulator/settings", self.show_settings, methods=["GET"]),
                Route("/_emulator/reset", self.reset, methods=["POST"]),
                Route(AUDIO_PATH, self.audio, methods=["GET"]),
                Route("/openapi.json", self.openapi_json, methods=["GET"]),
                Route("/openapi.yaml", self.openapi_yaml, methods=["GET"]),
                Route("/oauth2-cc/token", token_endpoint(self._auth), methods=["POST"]),
            ],
            exception_handlers={ApiError: _answer_api_error, HTTPException: _answer_http_error},
        )

    async def health(self, request: Request) -> Response:
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "spec_version": self._document.version,
                "operations": self._operations,
            }
        )

    async def show_settings(self, request: Request) -> Response:
        return JSONResponse(self._settings.to_json())

    async def reset(self, request: Request) -> Response:
        """The caller's world is its seed again."""
        headers = dict(request.scope["headers"])
        query = parse_query(request.scope["query_string"])
        self._auth.world(headers, query).reset()
        return Response(status_code=204)

    async def openapi_json(self, request: Request) -> Response:
        return Response(render(self._document.content), media_type="application/json")

    async def openapi_yaml(self, request: Request) -> Response:
        text = self._document.path.read_bytes()
        return Response(text, media_type="application/yaml")

    async def audio(self, request: Request) -> Response:
        """A chat's audio, under the signed URL that `get-audio` gave out."""
        world = self._worlds.find_reference(request.path_params["world"])
        chat_id = request.path_params["chat_id"]
        if world is None or not _is_signed(world, chat_id, request.query_params):
            raise api_error(AUDIO_NOT_FOUND)
        chat = world.store.chats.find_chat(chat_id)
        if chat is None or chat["end_timestamp"] is None:
            raise api_error(AUDIO_NOT_FOUND)
        duration_ms = chat["end_timestamp"] - chat["start_timestamp"]
        header = mp4_header(duration_ms)
        size = len(header) + pcm_bytes(duration_ms)
        return StreamingResponse(
            _file(header, _utterances(world, chat), duration_ms),
            media_type="audio/mp4",
            headers={"Content-Length": str(size)},
        )


def _is_signed(world: World, chat_id: str, query: Mapping[str, str]) -> bool:
    expires, given = query.get("expires", ""), query.get("signature", "")
    if not expires.isascii() or not expires.isdigit() or len(expires) > 15:
        return False
    good = hmac.compare_digest(given.encode(), signature(world, chat_id, int(expires)).encode())
    return good and world.clock.now_ms() < int(expires)


def _utterances(world: World, chat: JsonObject) -> list[Utterance]:
    return conversation(
        (event["role"], event["timestamp"] - chat["start_timestamp"], event["message_text"])
        for event in world.store.chats.iter_events(chat["id"])
        if event["type"] in _SPOKEN
    )


def _file(header: bytes, utterances: list[Utterance], duration_ms: int) -> Iterator[bytes]:
    yield header
    yield from pcm(utterances, duration_ms)


async def _answer_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    """No such route, or another method, in the shape of all other errors."""
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        refusal = api_error(
            METHOD_NOT_ALLOWED,
            headers={"Allow": allowed},
            method=method,
            path=path,
            allowed=allowed,
        )
    else:
        known = [route.path for route in request.app.routes]
        refusal = api_error(PATH_NOT_FOUND, method=method, path=path, hint=closest(path, known))
    return JSONResponse(refusal.body, refusal.status, dict(refusal.headers))
