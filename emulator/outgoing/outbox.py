"""The outbox of a world: pending deliveries, and the record of each attempt.

The outbox plans and records. A callable that it is given, `send`, does the sending
(`outgoing/sender`).
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias
from urllib.parse import urlsplit

from emulator.clock import Clock, SystemClock
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.webhooks import CORRUPTING, SCHEDULING, headers_and_body
from emulator.hosts import WEBHOOK_SCHEMES, call_problem, mapped
from emulator.ids import IdSource
from emulator.journal.entries import NotedFinding, WebhookEntry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject, kept, render
from emulator.settings import Settings
from emulator.signature import signature_problem
from emulator.timers import Timer, Timers

logger = logging.getLogger("emulator")

RETRY_DELAYS_MS = (1_000, 4_000, 16_000)  # after the first, second and third attempt
REORDER_PATIENCE_MS = 5_000  # how long a delivery waits for the next one to pass it
_RESET = "the world was reset"
_NO_FAULTS: list[str] = []  # of most attempts
STATES = PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A POST to a receiver. `sender` is the API key of the world that sends it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    sender: str = field(default="", repr=False)

    @property
    def receiver(self) -> str:
        """Return scheme, host and port."""
        return _receiver(self.url)


@dataclass(frozen=True, slots=True)
class WebhookResult:
    """A receiver's answer: a status with the beginning of the body, or an error."""

    status: int | None
    error: str | None
    duration_ms: int
    body: str = ""

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Done: TypeAlias = Callable[[WebhookResult], None]
Cancel: TypeAlias = Callable[[], object]
Send: TypeAlias = Callable[[WebhookRequest, Done], Cancel]
Judge: TypeAlias = Callable[[str, WebhookResult, Collection[str]], Sequence[NotedFinding]]


def send_nothing(request: WebhookRequest, done: Done) -> Cancel:
    """Fail at once, in a world that has no way to send."""
    done(WebhookResult(None, "this world sends nothing", 0))
    return cancel_nothing


def cancel_nothing() -> None:
    """Do nothing, for deliveries that have no request under way."""


def find_nothing(
    event_name: str, result: WebhookResult, faults: Collection[str]
) -> Sequence[NotedFinding]:
    """Judge no attempt, for outboxes without a contract."""
    return ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a delivery and its result. Times are in ms."""

    number: int
    at_ms: int
    request: WebhookRequest
    result: WebhookResult
    faults: tuple[str, ...]
    problem: str | None  # why a receiver should refuse its signature

    def to_json(self) -> JsonObject:
        return {
            "number": self.number,
            "at_ms": self.at_ms,
            "status": self.result.status,
            "error": self.result.error,
            "duration_ms": self.result.duration_ms,
            "faults": list(self.faults),
            "signature": {"valid": self.problem is None, "problem": self.problem},
            "request": {
                "headers": dict(self.request.headers),
                "body": self.request.body.decode(),
            },
            "response": {"body": self.result.body},
        }


@dataclass(slots=True)
class Delivery:
    """One event on its way to one URL."""

    id: str
    event_name: str
    chat_id: str
    url: str
    body: bytes
    created_ms: int
    state: str = PENDING
    error: str | None = None  # why it failed, if no attempt says so
    attempts: list[Attempt] = field(default_factory=list)
    faults: tuple[str, ...] = ()  # those of the trigger, in addition to those of the rules
    attempts_left: int = len(RETRY_DELAYS_MS) + 1
    triggered: bool = False  # sent on request, perhaps with fields replaced
    scheduled: bool = False
    twice: bool = False
    first_attempt: int = 0  # its index; the attempts of earlier sendings come before it
    is_passing: bool = False  # it passes a delivery that is reordered
    cancel: Cancel = cancel_nothing  # ends the request under way

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "event_name": self.event_name,
            "chat_id": self.chat_id,
            "url": self.url,
            "state": self.state,
            "error": self.error,
            "created_at_ms": self.created_ms,
            "body": self.body.decode(),
            "attempts": [attempt.to_json() for attempt in self.attempts],
        }


@dataclass(slots=True)
class Lane:
    """The deliveries of one chat to one receiver that wait for their first attempt.

    The first delivery has its attempt now; the others wait until it is answered.
    """

    queue: deque[Delivery] = field(default_factory=deque)
    busy: bool = False
    holding: Timer | None = None  # while the first delivery waits for the second to pass it


class Outbox:
    """All deliveries of a world.

    Events from one chat to one receiver are sent in order. Each delivery waits until the one before
    it has had its first attempt. Retries wait for nothing, and nothing waits for them.
    """

    def __init__(
        self,
        api_key: str,
        settings: Settings,
        clock: Clock,
        timers: Timers,
        ids: IdSource,
        journal: Journal,
        faults: Faults,
        send: Send,
        judge: Judge = find_nothing,
    ) -> None:
        """Begin empty; `judge` returns findings about how a receiver took an attempt."""
        by_key = settings.sign_webhooks_with == "api_key"
        self.key = api_key if by_key else settings.signing_key
        self._api_key = api_key
        self._settings = settings
        self._clock = clock
        self._header_clock = clock if settings.webhook_time == "world" else SystemClock()
        self._timers = timers
        self._send = send
        self._judge = judge
        self.ids = ids
        self._journal = journal
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._faults = faults
        self.deliveries: dict[str, Delivery] = {}  # by id, oldest first
        self.pending = 0
        self.in_flight = 0
        self.watchers: list[Callable[[], None]] = []  # called after each attempt
        self._closed = False

    def close(self) -> None:
        """Give everything up: send nothing any more, and cancel requests under way.

        Retries and delays among the timers then do nothing when they are due.
        """
        self._closed = True
        self._lanes.clear()
        for delivery in self.deliveries.values():
            if delivery.state == PENDING:
                delivery.state, delivery.error = FAILED, _RESET
                delivery.cancel()
                delivery.cancel = cancel_nothing
        self.in_flight = self.pending = 0
        self._notify()

    # deliveries

    def post(self, payload: JsonObject, url: str) -> Delivery:
        """Deliver an event, once earlier ones of its chat have had an attempt at this receiver."""
        delivery = self._new(payload, url)
        self._enqueue(delivery, (delivery.chat_id, _receiver(url)))
        return delivery

    def trigger(
        self,
        payload: JsonObject,
        url: str,
        faults: Mapping[str, int] | None = None,
        before: JsonObject | None = None,
        after: JsonObject | None = None,
    ) -> Delivery:
        """Deliver one event now, in a single attempt, with these faults (delay in ms).

        The events `before` and `after` are sent around it.
        """
        lane = ("trigger", self.ids.uuid())
        faults = dict(faults or {})
        if before is not None:
            self._enqueue(self._new(before, url, attempts=1), lane)
        delivery = self._new(payload, url, attempts=1)
        delivery.triggered = True
        delivery.faults = tuple(faults)
        self._enqueue(delivery, lane, faults.get("delay"))
        if after is not None:
            self._enqueue(self._new(after, url, attempts=1), lane)
        return delivery

    def signed(self, body: bytes, faults: Collection[str] = ()) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a request that would be sent now, with faults."""
        return headers_and_body(body, self._header_clock.now_ms() // 1000, self.key, faults)

    def redeliver(self, delivery: Delivery) -> None:
        """Send a finished delivery once more, now."""
        delivery.state, delivery.error = PENDING, None
        delivery.attempts_left, delivery.twice, delivery.scheduled = 1, False, True
        delivery.faults = ()
        delivery.first_attempt = len(delivery.attempts)
        self.pending += 1
        self._put(delivery, ("redeliver", delivery.id))

    def _new(self, payload: JsonObject, url: str, attempts: int = 4) -> Delivery:
        return Delivery(
            self.ids.uuid(),
            payload["event_name"],
            payload["chat_id"],
            url,
            kept(render(payload)),
            self._clock.now_ms(),
            attempts_left=attempts,
        )

    def _enqueue(
        self, delivery: Delivery, key: tuple[str, str], delay_ms: int | None = None
    ) -> None:
        if self._closed:
            delivery.state, delivery.error = FAILED, _RESET
            return
        self._make_room()
        self.deliveries[delivery.id] = delivery
        self.pending += 1
        if self.pending > self._settings.webhook_queue:
            self._finish(delivery, FAILED, self._too_many())
        elif delay_ms is not None:
            delivery.faults = tuple(fault for fault in delivery.faults if fault != "delay")
            self._timers.at(self._clock.now_ms() + delay_ms, partial(self._put, delivery, key))
        else:
            self._put(delivery, key)

    def _too_many(self) -> str:
        return (
            f"{self._settings.webhook_queue} deliveries are pending, the most that --webhook-queue "
            "allows: let them be sent (a frozen clock holds delays and retries back), or allow more"
        )

    def _make_room(self) -> None:
        """Drop the oldest finished delivery if the outbox is full."""
        if len(self.deliveries) < self._settings.webhook_queue:
            return
        for id, delivery in self.deliveries.items():
            if delivery.state != PENDING:
                del self.deliveries[id]
                break

    # lanes

    def _put(self, delivery: Delivery, key: tuple[str, str]) -> None:
        if self._closed:
            return
        lane = self._lanes.setdefault(key, Lane())
        lane.queue.append(delivery)
        if lane.holding is not None:
            self._timers.cancel(lane.holding)
            self._let_pass(lane)
        self._pump(key)

    def _pump(self, key: tuple[str, str]) -> None:
        """Start the first delivery of a lane, unless one is under way."""
        lane = self._lanes.get(key)
        while lane is not None and lane.queue and not lane.busy:
            lane.busy = True
            self._set_going(lane.queue[0], lane, key)
        if lane is not None and not lane.queue and self._lanes.get(key) is lane:
            del self._lanes[key]

    def _set_going(self, delivery: Delivery, lane: Lane, key: tuple[str, str]) -> None:
        named, only = self._settings.call_hosts, self._settings.call_hosts_only
        url = mapped(delivery.url, self._settings.map_url)
        forbidden = call_problem(url, WEBHOOK_SCHEMES, named, only)
        if forbidden is not None:  # as a URL of a seed or a snapshot may be
            self._finish(delivery, FAILED, f"never sent: the URL {forbidden}")
            self._make_way(delivery, key)
            return
        if delivery.scheduled:
            self._attempt(delivery, key)
            return
        delivery.scheduled = True
        wanted = SCHEDULING - {"reorder"} if delivery.is_passing else SCHEDULING
        faults = self._struck(delivery, wanted)
        delivery.faults = tuple(dict.fromkeys((*delivery.faults, *faults)))
        delivery.twice = "duplicate" in faults or "duplicate" in delivery.faults
        now_ms = self._clock.now_ms()
        if "drop" in faults or "drop" in delivery.faults:
            self._finish(delivery, FAILED, "dropped on request: it was never sent")
            self._make_way(delivery, key)
        elif "reorder" in faults:
            self._hold(lane, key)
        elif "delay" in faults:
            at_ms = now_ms + faults["delay"].draw("delay_ms")
            self._timers.at(at_ms, partial(self._attempt, delivery, key))
        else:
            self._attempt(delivery, key)

    def _hold(self, lane: Lane, key: tuple[str, str]) -> None:
        """Let the second delivery of the lane pass the first, or wait for a second one."""
        if len(lane.queue) > 1:
            self._let_pass(lane)
            return

        def go_alone() -> None:
            lane.holding, lane.busy = None, False
            self._pump(key)

        lane.holding = self._timers.at(self._clock.now_ms() + REORDER_PATIENCE_MS, go_alone)

    @staticmethod
    def _let_pass(lane: Lane) -> None:
        first = lane.queue.popleft()
        lane.queue.insert(1, first)
        lane.queue[0].is_passing = True
        lane.holding, lane.busy = None, False

    def _make_way(self, delivery: Delivery, key: tuple[str, str]) -> None:
        """Let the next delivery of the lane start, now that this one has had its turn."""
        lane = self._lanes.get(key)
        if lane is not None and lane.queue and lane.queue[0] is delivery:
            lane.queue.popleft()
            lane.busy = False

    def _struck(self, delivery: Delivery, wanted: Collection[str]) -> dict[str, FaultRule]:
        facts = {"event_name": delivery.event_name, "chat_id": delivery.chat_id}
        return self._faults.take("webhook", wanted, facts)

    def _finish(self, delivery: Delivery, state: str, error: str | None = None) -> None:
        self.pending -= 1
        delivery.state, delivery.error = state, error
        if error is not None:
            self._note_failure(delivery, error)
        self._notify()

    # attempts

    def _attempt(self, delivery: Delivery, key: tuple[str, str]) -> None:
        if self._closed:
            return
        faults = (*delivery.faults, *self._struck(delivery, CORRUPTING))
        timestamp_s = self._header_clock.now_ms() // 1000
        headers, body = headers_and_body(delivery.body, timestamp_s, self.key, faults)
        url = mapped(delivery.url, self._settings.map_url)
        request = WebhookRequest(url, headers, body, self._api_key)
        problem = signature_problem(headers, body, self.key, timestamp_s)
        delivery.attempts_left -= 1
        self.in_flight += 1
        at_ms = self._clock.now_ms()
        done = partial(self._done, delivery, key, request, faults, problem, at_ms)
        delivery.cancel = self._send(request, done)

    def _done(
        self,
        delivery: Delivery,
        key: tuple[str, str],
        request: WebhookRequest,
        faults: tuple[str, ...],
        problem: str | None,
        at_ms: int,
        result: WebhookResult,
    ) -> None:
        if self._closed:
            return
        self.in_flight -= 1
        delivery.cancel = cancel_nothing
        number = len(delivery.attempts) + 1
        delivery.attempts.append(Attempt(number, at_ms, request, result, faults, problem))
        self._note_attempt(delivery, number, result, faults)
        self._go_on(delivery, key, result)
        self._pump(key)
        self._notify()
        if delivery.state == FAILED:
            why = result.error or f"status {result.status}"
            logger.warning("webhook %s to %s failed: %s", delivery.event_name, delivery.url, why)

    def _go_on(self, delivery: Delivery, key: tuple[str, str], result: WebhookResult) -> None:
        """Do what follows an attempt: send its duplicate, end it, or plan a retry."""
        if result.is_good and delivery.twice:
            delivery.twice = False
            self._attempt(delivery, key)
            return
        if any(each.result.is_good for each in delivery.attempts[delivery.first_attempt :]):
            self._finish(delivery, DELIVERED)
        elif delivery.attempts_left > 0:
            at_ms = self._clock.now_ms() + RETRY_DELAYS_MS[-delivery.attempts_left]
            self._timers.at(at_ms, partial(self._attempt, delivery, key))
        else:
            self._finish(delivery, FAILED)
        self._make_way(delivery, key)

    def _note_attempt(
        self, delivery: Delivery, number: int, result: WebhookResult, faults: Sequence[str]
    ) -> None:
        findings = self._judge(delivery.event_name, result, faults)
        self._journal.add(
            WebhookEntry(
                delivery_id=delivery.id,
                event_name=delivery.event_name,
                chat_id=delivery.chat_id,
                url=delivery.url,
                number=number,
                status=result.status,
                error=result.error,
                duration_ms=result.duration_ms,
                faults=list(faults) or _NO_FAULTS,
                findings=tuple(findings),
            )
        )

    def _note_failure(self, delivery: Delivery, error: str) -> None:
        """Tell the journal of a delivery that failed without an attempt."""
        self._journal.add(
            WebhookEntry(
                delivery_id=delivery.id,
                event_name=delivery.event_name,
                chat_id=delivery.chat_id,
                url=delivery.url,
                number=None,
                status=None,
                error=error,
            )
        )

    def _notify(self) -> None:
        for watcher in list(self.watchers):
            watcher()


def _receiver(url: str) -> str:
    """Return scheme, host and port: one receiver may take events under several paths."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
