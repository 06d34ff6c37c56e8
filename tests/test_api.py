"""What several APIs serve together: each answers its part of what their documents show."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from emulator.api import Api, Call, Handlers, seed_reader, serve
from emulator.contract.findings import FINDINGS
from emulator.errors import DocumentError
from emulator.jsontext import Json, JsonObject
from emulator.openapi.openness import Openness
from emulator.reply import Reply
from emulator.settings import Settings
from emulator.sockets.socket import Socket
from emulator.web.app import App
from emulator.world.seed import SeedSection
from emulator.world.snapshot_reader import SnapshotPart
from tests.apis.toy.api import TOYS, Echo, Toys

TALK = "/v0/games/talk"
OK = {"200": {"description": "OK", "content": {"application/json": {"schema": {}}}}}
GAME = "#/components/schemas/Game"
STREAM = {"text/event-stream": {"schema": {"type": "object", "required": ["played"]}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Games", "version": "1.0.0"},
    "paths": {
        "/v0/games": {
            "post": {
                "operationId": "play",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Game"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": STREAM,
                    },
                    "422": {"description": "No", "content": {"application/json": {"schema": {}}}},
                },
            },
        },
        TALK: {"get": {"operationId": "talk", "responses": {"101": {"description": "Switching"}}}},
        "/v0/toys": {
            "get": {"operationId": "list-toys", "responses": OK},
            "put": {"operationId": "replace-toys", "responses": OK},
        },
    },
    "components": {"schemas": {"Game": {"type": "object", "required": ["name"]}}},
}
HANDLERS = Handlers()


@HANDLERS.operation("play")
def play(call: Call) -> Reply:
    return Reply(b'{"played": 1}\n')


@HANDLERS.operation("replace-toys")
def replace_toys(call: Call) -> Json:
    return "replaced"


def opened(settings: Settings) -> Openness:
    return Openness(optional={"Game": ["name"]} if settings.strict else {})


class Games(Toys):
    api = "games"

    def to_json(self) -> JsonObject:
        return {"games": []}


@pytest.fixture
def games(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """An API whose document shows an operation of another, and its own socket."""
    monkeypatch.setitem(FINDINGS, "toy_grey", TOYS.findings["toy_grey"])
    path = tmp_path / "games.json"
    path.write_text(json.dumps(DOCUMENT))
    schema = tmp_path / "state.json"
    schema.write_text(json.dumps({"properties": {"games": {"type": "array"}}}))
    return Api(
        name="games",
        document=path,
        handlers=HANDLERS,
        snapshot=SnapshotPart(Games, schema),
        seed=SeedSection(schema, lambda loading: Games(), lambda state: {"games": 0}),
        sockets=[Socket("games", "game socket", [TALK], Echo)],
        openness=opened,
    )


def test_an_earlier_api_answers_what_both_show(games: Api) -> None:
    """The later API lacks that operation, and the handshake of its own socket."""
    answered = {each.name: [op.id for op in each.operations] for each in serve((TOYS, games))}
    assert answered["toys"] == ["list-toys", "create-toy", "get-sound", "stream-toys"]
    assert answered["games"] == ["play", "replace-toys"]


def test_what_an_api_brings_is_read_once(games: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of one process share it; whether each operation has a handler is asked each time."""
    first, again = serve((TOYS, games)), serve((TOYS, games))
    assert first[0] is again[0]
    assert seed_reader(first[:1]) is seed_reader(again[:1])
    monkeypatch.delitem(HANDLERS.by_id, "play")
    with pytest.raises(DocumentError, match="'play' has no handler"):
        serve((TOYS, games))


def test_the_document_is_shown_whole(games: Api) -> None:
    """Paths that others answer, and sockets, are in it; the request goes where it belongs."""
    app = App(Settings(seed="empty"), (TOYS, games))
    with TestClient(app, headers={"X-Hume-Api-Key": "k"}) as client:
        assert client.get("/openapi/games.json").json() == DOCUMENT
        assert client.get("/v0/toys").json() == []
        assert client.put("/v0/toys").json() == "replaced"
        assert client.get(TALK).status_code == 426
        answer = client.post("/v0/games", json={"name": "chess"})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.json() == {"played": 1}
        coverage = client.get("/_emulator/coverage").json()
    assert "talk" not in str(coverage)


@pytest.mark.parametrize(("strict", "status"), [(False, 422), (True, 200)])
def test_a_setting_may_open_a_document(games: Api, strict: bool, status: int) -> None:
    """What an API takes follows the server's settings."""
    app = App(Settings(seed="empty", strict=strict), (TOYS, games))
    with TestClient(app, headers={"X-Hume-Api-Key": "k"}) as client:
        assert client.post("/v0/games", json={}).status_code == status
