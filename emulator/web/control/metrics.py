"""GET /_emulator/metrics: what a server does, all worlds together, in Prometheus' text format."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from emulator.contract.ledger import ClientLedger
from emulator.web.control.turns import in_turns
from emulator.web.sockets.counts import SocketCounts
from emulator.world.world import World
from emulator.world.worlds import Worlds

PREFIX = "evi_emulator_"


async def metrics(worlds: Worlds, sockets: SocketCounts) -> Response:
    """Answer the metrics of a server, and memory and CPU time of its process."""
    sums = _Sums(sockets)
    await in_turns(map(sums.add_ledger, worlds.ledgers()))
    await in_turns(map(sums.add_world, worlds))
    registry = CollectorRegistry()
    registry.register(sums)
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Sums(Collector):
    """The metrics of a server: sums of what its worlds keep.

    Requests and webhooks are counted as in the contract report, so clearing it resets the counters,
    which Prometheus takes for a restart.
    """

    def __init__(self, sockets: SocketCounts) -> None:
        self._sockets = sockets
        self._requests: Counter[tuple[str, int]] = Counter()  # by operation and status
        self._webhooks: Counter[str] = Counter()  # by event
        self._findings: Counter[str] = Counter()  # by code
        self._resources: Counter[str] = Counter()
        self._pending = self._worlds = 0

    def add_ledger(self, ledger: ClientLedger) -> None:
        """Add what the clients of a world have shown, or those without one."""
        self._requests.update(ledger.answers)
        self._webhooks.update(ledger.used.get("webhooks", {}))
        self._findings.update(ledger.dropped)
        for each in ledger.found:
            self._findings[each.finding.code] += each.count

    def add_world(self, world: World) -> None:
        """Add what a world has now."""
        self._worlds += 1
        self._pending += world.outbox.pending
        for state in world.states.values():
            self._resources.update(state.counts())

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        requests = _counter("requests", "Requests that were answered.", "operation", "status")
        for (operation, status), count in self._requests.items():
            requests.add_metric([operation, str(status)], count)
        yield requests
        opened = _counter("sockets", "WebSockets that were opened.", "socket")
        open_now = _gauge("sockets_open", "WebSockets that are open.", "socket")
        for name, count in self._sockets.opened.items():
            opened.add_metric([name], count)
            open_now.add_metric([name], self._sockets.open[name])
        yield opened
        yield open_now
        yield _by_name("webhooks", "Webhooks that a receiver took.", "event", self._webhooks)
        yield _single("webhooks_pending", "Webhooks that are not delivered yet.", self._pending)
        yield _by_name("findings", "Findings about clients.", "code", self._findings)
        resources = _gauge("resources", "Resources that worlds have.", "resource")
        for name, count in self._resources.items():
            resources.add_metric([name], count)
        yield resources
        yield _single("worlds", "Worlds that are kept.", self._worlds)


def _by_name(name: str, help: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    found = _counter(name, help, label)
    for value, count in counts.items():
        found.add_metric([value], count)
    return found


def _counter(name: str, help: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, help, labels=labels)


def _gauge(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help, labels=labels)


def _single(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help, value=value)
