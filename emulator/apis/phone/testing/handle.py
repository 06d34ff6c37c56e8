"""`evi.phone`: calls that a test places, to the emulator or to a server of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from emulator.apis.phone.state import PhoneState
from emulator.errors import UsageError
from emulator.handles.bridge import Bridge
from emulator.handles.diagnosis import ExpectationFailed
from emulator.handles.leftovers import whole_timeline
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject
from emulator.world.world import World

if TYPE_CHECKING:
    from emulator.apis.phone.placing import PlacedCall  # it loads aiohttp

__tracebackhide__ = is_on_purpose


class PhoneHandle:
    """A test's handle on phone calls in one world. It loads aiohttp when a call is placed."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(
            lambda: f"<phone: {len(self._world.state(PhoneState).calls)} calls came in>"
        )

    @property
    def calls(self) -> list[JsonObject]:
        """Return the calls that have come in at /v0/evi/twilio, the oldest first."""
        return self._bridge.call(
            lambda: [call.shown() for call in self._world.state(PhoneState).calls.values()]
        )

    def url(self, config_id: str | None = None) -> str:
        """Return the URL of this world's own voice webhook, with its key."""
        config = {} if config_id is None else {"config_id": config_id}
        query = urlencode({**config, "api_key": self._world.api_key})
        return f"{self._bridge.url}/v0/evi/twilio?{query}"

    def call(
        self,
        url: str | None = None,
        user: Sequence[str | JsonObject] = (),
        *,
        config_id: str | None = None,
        check: bool = True,
        **options: Any,
    ) -> "CallHandle":
        """Place a call, and return it once it is over (docs/phone.md).

        `url` answers with TwiML: by default the emulator's own, with that config. `user` are the
        caller's steps: texts, {"say": ..., "interrupt": True}, {"keys": "12#"}, {"wait": "2s"},
        {"hang_up": True}. The options are those of POST /_emulator/calls. On a frozen clock the
        call moves it. Raises UsageError for a wrong step or option, and ExpectationFailed for a
        call with problems, unless `check` is False.
        """
        return self._bridge.run(self._call(url, user, config_id, check, options))

    async def acall(
        self,
        url: str | None = None,
        user: Sequence[str | JsonObject] = (),
        *,
        config_id: str | None = None,
        check: bool = True,
        **options: Any,
    ) -> "CallHandle":
        """Place a call as `call` does, in an async test, whose loop may serve the TwiML."""
        return await self._bridge.arun(self._call(url, user, config_id, check, options))

    async def _call(
        self,
        url: str | None,
        user: Sequence[str | JsonObject],
        config_id: str | None,
        check: bool,
        options: JsonObject,
    ) -> "CallHandle":
        from emulator.apis.phone.ordering import read_order
        from emulator.apis.phone.placing import place_in

        if url is not None and config_id is not None:
            raise UsageError("config_id is for the emulator's own URL: leave out url or config_id")
        order = read_order({**options, "url": url or self.url(config_id), "user": list(user)})
        placed = await place_in(self._world, order)
        handle = CallHandle(placed)
        if check and not placed.record.is_fine:
            entries = whole_timeline(self._world)
            raise ExpectationFailed(f"{handle.trouble()}\n{handle.transcript()}\n{entries}")
        return handle


class CallHandle:
    """A call that is over: what was said, heard and pressed, and how it ended."""

    def __init__(self, placed: "PlacedCall") -> None:
        self.record = placed.record
        self._wav = placed.wav
        self.chat_id = placed.chat_id  # of the chat that it has led to, if there was one
        self.call_sid = placed.record.call_sid
        self.status = placed.record.status
        self.duration_ms = placed.record.duration_ms
        self.problems = list(placed.record.problems)
        self.notices = list(placed.record.notices)

    def __repr__(self) -> str:
        trouble = f": {'; '.join(self.problems)}" if self.problems else ""
        return f"<call {self.call_sid} {self.status}{trouble}>"

    @property
    def said(self) -> list[str]:
        """Return what the caller has said, in order."""
        return [line.text for line in self.record.lines if line.who == "caller"]

    @property
    def heard(self) -> list[str]:
        """Return what the caller has heard, in order: words, or how long somebody spoke."""
        return [line.text for line in self.record.lines if line.who != "caller"]

    def transcript(self) -> str:
        """Return who said what, a line for each, with seconds since the call's start."""
        return "\n".join(
            f"{line.at_ms / 1000:8.2f} s  {line.who:9}  {line.text}" for line in self.record.lines
        )

    def trouble(self) -> str:
        """Return what was wrong with the call, in words."""
        return "; ".join((f"the call {self.call_sid} has {self.status}", *self.problems))

    def save(self, path: str | Path) -> None:
        """Write both sides as a WAV file: the caller on the left. Raises OSError."""
        Path(path).write_bytes(self._wav())
