"""A run: one session or upload, and what went wrong in it.

Facts: docs/protocol.md#runs-of-expression-measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from emulator.jsontext import Json, JsonObject

UNHEARD_MS = 5 * 60 * 1000  # after which a live run counts as errored
FRAME_S = 1 / 3  # metered for each image
LEAST_METERED_S = 10  # of a run that took in any media, once it has ended
_UNITS_IN_S = 48_000  # so that samples and thirds of a second add up exactly
MOST_OF_A_KIND = 100  # events of one kind that a run keeps
LAYOUT = "v4"  # of a configuration

LIVE, ENDED, ERRORED = "live", "ended", "errored"
AUDIO, VIDEO = "audio", "video"
REALTIME, FILE = "realtime", "file"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that went wrong: an error that a session was sent."""

    seq: int
    at_ms: int
    kind: str
    detail: JsonObject | None = None

    def shown(self) -> JsonObject:
        """Return it as the API has it."""
        more = {} if self.detail is None else {"detail": self.detail}
        return {"seq": self.seq, "at": date_time(self.at_ms), "kind": self.kind, **more}

    def to_json(self) -> JsonObject:
        """Return it as a snapshot has it."""
        return {"seq": self.seq, "at_ms": self.at_ms, "kind": self.kind, "detail": self.detail}


@dataclass(slots=True)
class Run:
    """A session or an upload: while it is live, its session changes it. Times are ms.

    `config` is the one that messages show, without the layout's version.
    """

    run_id: str
    user_id: str
    endpoint: str
    mode: str
    started_at: int
    config: JsonObject
    heard_at: int
    status: str = LIVE
    ended_at: int | None = None
    close_code: int | None = None
    close_reason: str | None = None
    bytes_received: int = 0
    bytes_recorded: int | None = None  # nothing is stored
    metered_units: int = 0
    events: list[RunEvent] = field(default_factory=list)
    event_counts: dict[str, int] = field(default_factory=dict)  # by kind, also those not kept

    @property
    def metered_seconds(self) -> float:
        """Return what counts for the bill, in seconds."""
        return self.metered_units / _UNITS_IN_S

    def take(self, size: int, seconds: float, now_ms: int) -> None:
        """Count media: its bytes, and the seconds that are metered for it."""
        self.bytes_received += size
        self.metered_units += round(seconds * _UNITS_IN_S)
        self.heard_at = now_ms

    def record_event(self, kind: str, detail: JsonObject | None, now_ms: int) -> None:
        """Keep an event, unless the run has the most that it keeps of that kind."""
        count = self.event_counts.get(kind, 0)
        self.event_counts[kind] = count + 1
        self.heard_at = now_ms
        if count < MOST_OF_A_KIND:
            self.events.append(RunEvent(len(self.events), now_ms, kind, detail))

    def end(
        self,
        now_ms: int,
        close_code: int | None = None,
        close_reason: str | None = None,
        status: str = ENDED,
    ) -> None:
        """End the run; what it is billed has a minimum, if it took in any media."""
        if self.status != LIVE:
            return
        self.status, self.ended_at, self.heard_at = status, now_ms, now_ms
        self.close_code, self.close_reason = close_code, close_reason
        if self.metered_units:
            self.metered_units = max(self.metered_units, LEAST_METERED_S * _UNITS_IN_S)

    def status_at(self, now_ms: int) -> str:
        """Return the status that the run has at a time: a silent live one has failed."""
        is_lost = self.status == LIVE and now_ms - self.heard_at >= UNHEARD_MS
        return ERRORED if is_lost else self.status

    def capped_kinds(self) -> Sequence[str]:
        """Return the kinds of events of which no more are kept."""
        return [kind for kind, count in self.event_counts.items() if count >= MOST_OF_A_KIND]

    def summary(self, now_ms: int) -> JsonObject:
        """Return it as a list has it."""
        status = self.status_at(now_ms)
        ended_at = self.heard_at if status != self.status else self.ended_at
        return {
            "run_id": self.run_id,
            "user_id": self.user_id,
            "status": status,
            "endpoint": self.endpoint,
            "mode": self.mode,
            "started_at": date_time(self.started_at),
            "ended_at": None if ended_at is None else date_time(ended_at),
            "bytes_received": None if self.status == LIVE else self.bytes_received,
            "bytes_recorded": self.bytes_recorded,
            "metered_seconds": round(self.metered_seconds, 3),
        }

    def shown(self, now_ms: int) -> JsonObject:
        """Return all of it, as the API has it."""
        closed = {"close_code": self.close_code, "close_reason": self.close_reason}
        config = {"schema": LAYOUT, **self.config}
        return {**self.summary(now_ms), **closed, "config": config}

    def copy(self) -> Self:
        """Return an equal run, which goes its own way."""
        return replace(self, events=[*self.events], event_counts={**self.event_counts})

    def to_json(self) -> JsonObject:
        """Return it as a snapshot has it: without numbers such as 1.0, which JavaScript changes."""
        return {
            "run_id": self.run_id,
            "user_id": self.user_id,
            "endpoint": self.endpoint,
            "mode": self.mode,
            "started_at": self.started_at,
            "config": _with_integers(self.config),
            "heard_at": self.heard_at,
            "status": self.status,
            "ended_at": self.ended_at,
            "close_code": self.close_code,
            "close_reason": self.close_reason,
            "bytes_received": self.bytes_received,
            "metered_units": self.metered_units,
            "events": [event.to_json() for event in self.events],
            "event_counts": self.event_counts,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> Self:
        """Return it as `to_json` wrote it."""
        given: JsonObject = dict(content)
        events = [RunEvent(**event) for event in given.pop("events")]
        return cls(**given, events=events)


def _with_integers(content: JsonObject) -> JsonObject:
    """Return a configuration whose whole numbers are integers."""
    return {name: _with_integer(value) for name, value in content.items()}


def _with_integer(value: Json) -> Json:
    if isinstance(value, dict):
        return _with_integers(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def with_events(run: Run, now_ms: int) -> JsonObject:
    """Return all of a run with its events, as control routes and tests have it."""
    return {**run.shown(now_ms), "events": [event.shown() for event in run.events]}


def date_time(ms: int) -> str:
    """Return a time as the API writes it (RFC 3339, UTC)."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
