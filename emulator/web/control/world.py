"""The caller's world as a whole: PUT and DELETE /_emulator/world, POST /_emulator/reset."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from emulator.audio.speakers import check_voice
from emulator.errors import (
    EmulatorError,
    Problem,
    ScriptError,
    UsageError,
    ValidationFailed,
    closest,
)
from emulator.faults.chaos import read_chaos
from emulator.jsontext import Json, JsonObject
from emulator.settings import SETTINGS, Setting, Settings
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.endpoint import Route
from emulator.world.seed import SeedReader
from emulator.world.seed_file import BUNDLED_SEEDS
from emulator.world.snapshot import Seed
from emulator.world.worlds import Worlds

_OUTLINE: JsonObject = {"type": "object"}
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_OF_A_WORLD = [setting.name for setting in SETTINGS if setting.scope == "world"]
_FOR_SEEDS = ("seed", "script")  # settings that decide what a world begins with
_FILES = ("model_cassette", "model_cassette_mode")
_REACH = ("hosts", "url", "url_rules", "choice_or_url")  # kinds that say who is called
_MOST_SEEDS = 100  # that are kept for the next world with the same settings


def world_routes(
    auth: Auth, worlds: Worlds, seeds: SeedReader, defaults: Settings, bodies: Bodies
) -> list[Route]:
    """Return the routes of a world as a whole; `defaults` are the server's settings."""
    loader = _Seeds(seeds)

    async def put(request: Request) -> Response:
        """Start the caller's world over, with settings of its own."""
        key = caller_world(auth, request).api_key
        body = await bodies.read_outline(request, _OUTLINE)
        name = _name(body.pop("name", None))
        content = _seed_text(body.get("seed"))
        if content:
            del body["seed"]
        chosen = _chosen(defaults, body)
        differs = any(getattr(chosen, name) != getattr(defaults, name) for name in _FOR_SEEDS)
        seed = worlds.seed
        if differs or content:
            seed = await _loaded(loader, chosen, content)
        world = worlds.create(key, seed, chosen, name)
        return answer({"signing_key": world.outbox.key, "now_ms": world.clock.now_ms()})

    async def reset(request: Request) -> Response:
        """Return the caller's world to its seed."""
        caller_world(auth, request).reset()
        return Response(status_code=204)

    async def drop(request: Request) -> Response:
        """Drop the caller's world; the next request with its key makes a new one."""
        worlds.drop(caller_world(auth, request))
        worlds.freed_memory.return_soon()
        return Response(status_code=204)

    return [
        Route("POST", "/_emulator/reset", reset),
        Route("PUT", "/_emulator/world", put),
        Route("DELETE", "/_emulator/world", drop),
    ]


def _name(given: Json) -> str | None:
    """Return the name for a world. Raises ValidationFailed."""
    if given is None or isinstance(given, str):
        return given
    raise _wrong("name", f"Input should be a valid string, got {json.dumps(given)}")


class _Seeds:
    """Loads what worlds begin with, once for equal settings."""

    def __init__(self, reader: SeedReader) -> None:
        self._reader = reader
        self._kept: dict[tuple[Settings, str], Seed] = {}

    def load(self, settings: Settings, content: str) -> Seed:
        """Return the seed that has this content; of the settings, if there is none.

        Raises EmulatorError.
        """
        place = (settings, content)
        if place not in self._kept:
            if len(self._kept) >= _MOST_SEEDS:
                self._kept.clear()
            self._kept[place] = self._read(settings, content)
        return self._kept[place]

    def _read(self, settings: Settings, content: str) -> Seed:
        if not content:
            return self._reader.load(settings.seed, settings)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "seed.yaml"
            path.write_text(content)
            return self._reader.load(str(path), settings)


def _seed_text(given: Json) -> str:
    """Return a seed's content as the text of its file; "" for the name of a seed."""
    if isinstance(given, str):
        return given if "\n" in given else ""
    return json.dumps(given) if isinstance(given, dict) else ""


async def _loaded(seeds: _Seeds, settings: Settings, content: str) -> Seed:
    """Load a seed in a thread, since it may take 0.1 s. Raises ValidationFailed."""
    try:
        return await anyio.to_thread.run_sync(seeds.load, settings, content)
    except ScriptError as error:
        raise _wrong("script", str(error)) from None
    except EmulatorError as error:
        raise _wrong("seed", str(error)) from None


def _chosen(defaults: Settings, given: Mapping[str, Json]) -> Settings:
    """Return the server's settings with these in their place. Raises ValidationFailed."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        setting = _setting(name, defaults)
        try:
            values[name] = setting.check(setting.taken(value), "the request")
            _check_content(name, values[name], defaults)
        except EmulatorError as error:
            raise _wrong(name, str(error)) from None
    return replace(defaults, **values)


def _setting(name: str, defaults: Settings) -> Setting:
    """Return the setting of that name, if a world may have its own value of it."""
    if name not in _BY_NAME:
        known = ", ".join(_OF_A_WORLD)
        raise _wrong(name, f"no setting {name!r}{closest(name, _OF_A_WORLD)}; known: {known}")
    setting = _BY_NAME[name]
    if setting.scope == "server":
        told = f"{name} is a setting of the whole server, and can't differ in one world"
        raise _wrong(name, f"{told}: give it to the server when it starts")
    if name in _FILES:
        raise _wrong(name, f"{name} concerns a file: give it to the server when it starts")
    if defaults.call_hosts_only and (setting.kind in _REACH or name == "call_hosts_only"):
        raise _wrong(name, f"{name} can't differ in one world of a server with --call-hosts-only")
    return setting


def _check_content(name: str, value: Any, defaults: Settings) -> None:
    """Raise an EmulatorError for a value that only its reader can judge.

    Over HTTP, only files that the server was started with are read from this machine.
    """
    if name == "seed" and value not in (*BUNDLED_SEEDS, defaults.seed):
        known = ", ".join(BUNDLED_SEEDS)
        hint = closest(value, BUNDLED_SEEDS)
        told = f"no bundled seed {value!r}{hint}; expected one of {known}, or a seed's content"
        raise UsageError(told)
    if name == "script" and value != defaults.script and _is_file(value):
        told = f"no bundled script {value!r}: over HTTP a world can't read a file"
        raise UsageError(f"{told}; give its content to PUT /_emulator/script")
    if name == "voice":
        check_voice(value)
    if name == "chaos":
        read_chaos(value)


def _is_file(name: str) -> bool:
    """True if a name may be that of a file of this machine."""
    return any(each in name for each in "./\\") or Path(name).exists()


def _wrong(name: str, message: str) -> ValidationFailed:
    return ValidationFailed([Problem(("body", name), message, "setting_invalid")])
