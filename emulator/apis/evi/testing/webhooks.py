"""The events that a world's webhooks carry, for tests."""

from collections.abc import Sequence
from typing import Any

from emulator.apis.evi.testing.tool_calls import unanswered_calls
from emulator.apis.evi.triggers import trigger
from emulator.apis.evi.webhooks import check_event_name
from emulator.faults.table import DEFAULT_DELAY_MS, check_fault
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import ExpectationFailed, everything, explain, matches
from emulator.handles.leftovers import leftovers
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Validation
from emulator.outgoing.delivery_view import shown_delivery
from emulator.outgoing.outbox import PENDING
from emulator.redaction.printable import visible
from emulator.redaction.values import hide_in_json
from emulator.waiting import until
from emulator.world.world import World, is_held_back

__tracebackhide__ = is_on_purpose

_MOST_REFUSALS = 4  # that a failure shows
_LONGEST_BODY = 200  # characters of a receiver's answer


def _refusal(delivery: JsonObject, attempt: JsonObject) -> str:
    """Say how a receiver answered an attempt, with the beginning of the body."""
    sent = f"attempt {attempt['number']} of {delivery['event_name']} to {delivery['url']}"
    if attempt["error"] is not None:
        return f"{sent} had no answer: {attempt['error']}"
    body = " ".join(attempt["response"]["body"].split())[:_LONGEST_BODY]
    return f"{sent} was answered {attempt['status']}: {visible(body) or '(no body)'}"


class WebhookEvents:
    """Events of chats: waits for them, and sends them at will."""

    def __init__(self, world: World, validation: Validation, bridge: Bridge) -> None:
        self._world = world
        self._validation = validation
        self._bridge = bridge

    @property
    def deliveries(self) -> list[JsonObject]:
        """Return deliveries as GET /_emulator/webhooks/deliveries does, but with credentials."""
        return self._bridge.call(self._deliveries)

    def _deliveries(self) -> list[JsonObject]:
        return [delivery.to_json() for delivery in self._world.outbox.deliveries.values()]

    def wait_for(
        self, event_name: str, timeout: float = DEFAULT_TIMEOUT_S, **wanted: Any
    ) -> JsonObject:
        """Wait for a delivered event of that name with these fields. Raises ExpectationFailed."""
        return self._bridge.run(self._wait_for(event_name, timeout, wanted))

    async def await_for(
        self, event_name: str, timeout: float = DEFAULT_TIMEOUT_S, **wanted: Any
    ) -> JsonObject:
        """Wait as `wait_for` does, in an async test."""
        return await self._bridge.arun(self._wait_for(event_name, timeout, wanted))

    async def _wait_for(
        self, event_name: str, timeout: float, fields: dict[str, Any]
    ) -> JsonObject:
        check_event_name(event_name)
        wanted = {"event_name": event_name, "state": "delivered", **fields}
        found: list[JsonObject] = []

        def is_there() -> bool:
            found[:] = [each for each in self._deliveries() if matches(wanted, each)]
            return bool(found)

        if not await until(self._world.outbox.watchers, is_there, timeout):
            candidates = [
                (None, {name: each.get(name) for name in wanted}) for each in self._deliveries()
            ]
            hint = "" if candidates else "no config of this world's chats subscribes to webhooks"
            hint = unanswered_calls(self._world) or hint
            what = f"no delivered webhook within {timeout:g} s: {hide_in_json(wanted)}"
            entries, refused = everything(self._world.journal), self._refusals(event_name)
            left = leftovers(self._world)
            told = explain(what, wanted, candidates, entries, hint, refused, left)
            raise ExpectationFailed(told)
        return found[0]

    def _refusals(self, event_name: str) -> list[str]:
        """Return the receiver's answers to the last failed attempts, a line for each."""
        shown = [
            shown_delivery(delivery)
            for delivery in self._world.outbox.deliveries.values()
            if delivery.event_name == event_name
        ]
        lines = [
            _refusal(delivery, attempt)
            for delivery in shown
            for attempt in delivery["attempts"]
            if attempt["error"] is not None or not 200 <= attempt["status"] < 300
        ]
        return lines[-_MOST_REFUSALS:]

    def trigger(
        self,
        event_name: str,
        url: str | None = None,
        chat_id: str | None = None,
        set: dict[str, Any] | None = None,
        faults: Sequence[str] = (),
        delay_ms: int = DEFAULT_DELAY_MS,
    ) -> JsonObject:
        """Send one event, and return its delivery once it is answered.

        Raises UsageError for an unknown event or fault, ApiError for a chat that does not exist
        or a field that can't be set.
        """
        given = (event_name, url, chat_id, set, faults, delay_ms)
        return self._bridge.run(self._trigger(*given))

    async def atrigger(
        self,
        event_name: str,
        url: str | None = None,
        chat_id: str | None = None,
        set: dict[str, Any] | None = None,
        faults: Sequence[str] = (),
        delay_ms: int = DEFAULT_DELAY_MS,
    ) -> JsonObject:
        """Send one event as `trigger` does, in an async test."""
        given = (event_name, url, chat_id, set, faults, delay_ms)
        return await self._bridge.arun(self._trigger(*given))

    async def _trigger(
        self,
        event_name: str,
        url: str | None,
        chat_id: str | None,
        overrides: dict[str, Any] | None,
        faults: Sequence[str],
        delay_ms: int,
    ) -> JsonObject:
        check_event_name(event_name)
        for fault in faults:
            check_fault("webhook", fault)
        world, delays = self._world, dict.fromkeys(faults, delay_ms)
        delivery = trigger(world, self._validation, event_name, url, chat_id, overrides, delays)
        await until(
            world.outbox.watchers,
            lambda: delivery.state != PENDING or is_held_back(world),
            None,
        )
        return delivery.to_json()
