"""GET /_emulator/metrics: what a server does, all worlds together, in Prometheus' text format."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from emulator.contract.ledger import ClientLedger
from emulator.web.sockets.counts import SocketCounts
from emulator.world.worlds import Worlds

PREFIX = "evi_emulator_"


def metrics(worlds: Worlds, sockets: SocketCounts) -> Response:
    """Answer the metrics of a server, and memory and CPU time of its process."""
    registry = CollectorRegistry()
    registry.register(_Server(worlds, sockets))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Server(Collector):
    """The metrics of a server, read from what it keeps when they are asked for.

    Requests and webhooks are counted as in the contract report, so clearing it resets the counters,
    which Prometheus takes for a restart.
    """

    def __init__(self, worlds: Worlds, sockets: SocketCounts) -> None:
        self._worlds = worlds
        self._sockets = sockets

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        ledger, sockets, worlds = self._worlds.merged_ledger(), self._sockets, list(self._worlds)
        requests = _counter("requests", "Requests that were answered.", "operation", "status")
        for (operation, status), count in ledger.answers.items():
            requests.add_metric([operation, str(status)], count)
        yield requests
        opened = _counter("sockets", "WebSockets that were opened.", "socket")
        open_now = GaugeMetricFamily(
            f"{PREFIX}sockets_open", "WebSockets that are open.", labels=["socket"]
        )
        for name, count in sockets.opened.items():
            opened.add_metric([name], count)
            open_now.add_metric([name], sockets.open[name])
        yield opened
        yield open_now
        webhooks = _counter("webhooks", "Webhooks that a receiver took.", "event")
        for event, count in ledger.used.get("webhooks", {}).items():
            webhooks.add_metric([event], count)
        yield webhooks
        pending = sum(world.outbox.pending for world in worlds)
        yield _gauge("webhooks_pending", "Webhooks that are not delivered yet.", pending)
        findings = _counter("findings", "Findings about clients.", "code")
        for code, count in _by_code(ledger).items():
            findings.add_metric([code], count)
        yield findings
        yield _gauge("worlds", "Worlds that are kept.", len(worlds))


def _by_code(ledger: ClientLedger) -> Counter[str]:
    counts = Counter(ledger.dropped)
    for each in ledger.found:
        counts[each.finding.code] += each.count
    return counts


def _counter(name: str, help: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, help, labels=labels)


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help, value=value)
