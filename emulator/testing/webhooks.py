"""A world's webhooks, for tests."""

from typing import Any

from emulator.actions import drain
from emulator.apis.evi.testing.webhooks import WebhookEvents
from emulator.handles.bridge import Bridge
from emulator.handles.tracebacks import is_on_purpose
from emulator.openapi.validation import Validation
from emulator.testing.faults import FaultsHandle
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class WebhooksHandle(WebhookEvents):
    """A test's handle on the world's webhooks: deliveries, waits, and faults."""

    def __init__(
        self, world: World, validation: Validation, faults: FaultsHandle, bridge: Bridge
    ) -> None:
        super().__init__(world, validation, bridge)
        self._faults = faults

    def __repr__(self) -> str:
        outbox = self._world.outbox
        return self._bridge.glance(
            lambda: f"<webhooks: {len(outbox.deliveries)} deliveries, {outbox.pending} pending>"
        )

    def drain(self, timeout: float = 5) -> int:
        """Wait until nothing is pending. Returns how many still are."""
        return self._bridge.run(self._drain(timeout))

    async def adrain(self, timeout: float = 5) -> int:
        """Wait as `drain` does, in an async test."""
        return await self._bridge.arun(self._drain(timeout))

    async def _drain(self, timeout: float) -> int:
        return await drain(self._world, timeout)

    def misbehave(self, fault: str, **rule: Any) -> None:
        """Give webhooks this fault from now on (docs/webhooks.md)."""
        self._faults.add("webhook", fault, **rule)

    def behave(self) -> None:
        """Remove all faults of webhooks."""
        self._faults.clear("webhook")
