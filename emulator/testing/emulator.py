"""The emulator as an object: for fixtures, for unittest, for scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from emulator.apis.evi.chat.followed_script import named_script
from emulator.apis.evi.model.cassette_file import check_cassette
from emulator.apis.evi.seed import with_script
from emulator.audio.speakers import check_voice
from emulator.contract.ledger import ClientLedger
from emulator.contract.report import Report, new_report
from emulator.contract.surface import ApiSurface
from emulator.errors import UsageError, closest
from emulator.extras.mounts import MOUNTS
from emulator.handles.bridge import Bridge
from emulator.handles.tracebacks import ShortTraceback, is_on_purpose
from emulator.ids import IdSource
from emulator.server import Server
from emulator.settings import SETTINGS, Settings
from emulator.testing.world import Evi
from emulator.world.snapshot import Seed

__tracebackhide__ = is_on_purpose

_DEFAULTS = Settings()


class Emulator:
    """A server on a free port, served from a thread.

        with Emulator(seed="demo") as server:
            evi = server.world()
            client = HumeClient(base_url=evi.url, api_key=evi.api_key)

    It takes every setting of `docs/settings.md` by name. Raises UsageError for one that is wrong,
    and StartupError if the server can't start.
    """

    def __init__(self, seed: str = "demo", port: int = 0, **settings: Any) -> None:
        with ShortTraceback():
            self.settings = settings_with(Settings(), {"seed": seed, "port": port, **settings})
            self._server = Server(self.settings, MOUNTS)
        self._bridge = Bridge(self._server)
        self._ids = IdSource()
        self._seeds: dict[tuple[str, int, Settings], Seed] = {}

    def __repr__(self) -> str:
        state = "" if self._server.app.loop is not None else ", which does not run"
        return f"<Emulator {self.url} seed={self.settings.seed!r}{state}>"

    @property
    def url(self) -> str:
        """Return the URL, such as http://127.0.0.1:54321."""
        return self._server.url

    @property
    def ca_file(self) -> str | None:
        """Return the file of the CA to trust, with `tls=True`; it exists as long as the server."""
        return self._server.ca_file

    def start(self) -> "Emulator":
        """Serve from a thread, and return once it answers."""
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> "Emulator":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def world(self, api_key: str | None = None, name: str | None = None, **settings: Any) -> Evi:
        """Return a fresh world: its own key, its own data, its own time.

        The inspector lists it by `name`, such as a test's.

        Settings that concern a world may differ from the server's: seed, clock, random_seed,
        pace, script, signing_key and so on.
        """
        for setting in SETTINGS:
            if setting.scope == "server" and setting.name in settings:
                raise UsageError(
                    f"{setting.name} is a setting of the whole server, and can't differ in one "
                    "world: give it to Emulator(...), or have the fixture evi_settings return it"
                )
        api_key = api_key or f"evi-{self._ids.secret()}"
        app = self._server.app
        with ShortTraceback():
            chosen = settings_with(self.settings, settings)
            seed = self._seed(chosen) if "seed" in settings else app.worlds.seed
            check_voice(chosen.voice)  # raises if it can't speak here
            check_cassette(chosen)
            if "script" in settings:
                seed = with_script(seed, named_script(chosen.script))

        def create() -> Evi:
            app.auth.accept(api_key)
            world = app.worlds.create(api_key, seed, chosen, name)
            world.is_owned = True
            return Evi(world, app, self._bridge, self.url, self._seed, self.ca_file)

        return self._bridge.call(create)

    def contract(self) -> ClientLedger:
        """Return what the clients of all its worlds have shown, closed worlds included."""
        app = self._server.app
        if app.loop is None:  # it is stopped, and nothing changes any more
            return app.worlds.merged_ledger()
        return self._bridge.call(app.worlds.merged_ledger)

    @property
    def surfaces(self) -> Sequence[ApiSurface]:
        """Return all that clients can exercise."""
        return self._server.app.surfaces

    def contract_report(self, command: str = "") -> Report:
        """Return the findings and the coverage of all its worlds (docs/contract.md).

        The report names the `command` that was run, if it is given.
        """
        return new_report(self.contract(), self.surfaces, self.settings, command)

    def _seed(self, settings: Settings) -> Seed:
        """Return a seed's data, read once as long as neither file nor settings change."""
        path = Path(settings.seed)
        stamp = path.stat().st_mtime_ns if path.is_file() else 0
        place = (str(path.resolve()) if stamp else settings.seed, stamp, replace(settings, seed=""))
        if place not in self._seeds:
            self._seeds[place] = self._server.app.seeds.load(settings.seed, settings)
        return self._seeds[place]


def changed_settings(given: object, place: str) -> dict[str, Any]:
    """Return settings by name, given as a mapping, or as a Settings object.

    Of an object, those count that differ from the defaults: the others stay as they are, and a
    port of its own makes the server listen there. Raises UsageError, naming `place`, for anything
    else.
    """
    if isinstance(given, Settings):
        values = {setting.name: getattr(given, setting.name) for setting in SETTINGS}
        return {name: value for name, value in values.items() if value != getattr(_DEFAULTS, name)}
    if isinstance(given, Mapping) and all(isinstance(name, str) for name in given):
        return dict(given)
    raise UsageError(
        f"{place} must be a dict of settings by name, such as {{'seed': 'empty'}}, or a Settings "
        f"object; got {given!r}"
    )


def settings_with(base: Settings, changes: dict[str, Any]) -> Settings:
    """Return the settings with some replaced. Raises UsageError for an unknown name."""
    known = [setting.name for setting in SETTINGS]
    for name in changes:
        if name not in known:
            raise UsageError(
                f"no setting {name!r}{closest(name, known)}; known: {', '.join(known)}"
            )
    given = {setting.name: setting for setting in SETTINGS if setting.name in changes}
    return replace(base, **{name: given[name].taken(changes[name]) for name in given})
