"""Whether an emulator bears a mixed load for long while everything breaks by chance.

`.venv/bin/python -m benchmarks.soak [--minutes 30]`. What goes wrong must have been asked for, and
memory must stay within its aims; else the exit code is 1. A run of half an hour and more writes the
picture and the figures of docs/performance.md.
"""

import argparse
import asyncio
import hmac
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from benchmarks import soak_page
from benchmarks.figures import print_findings
from benchmarks.servers import HOST, Target, started
from benchmarks.soak_report import Report
from benchmarks.soak_worker import CHAOS, PER_SECOND, Worker
from emulator.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

CORRUPTING = ("stale_timestamp", "wrong_key", "tampered_body", "missing_headers")
SIGNING_KEY = "soak"
WORKERS = 8  # each with a key, and so a world, of its own
SAMPLE_S = 10
SHOWN_MINUTES = 30  # a run of so many minutes writes the page


class Receiver:
    """Takes webhooks, and counts those whose signature is bad."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.bad = 0

    async def __call__(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        right = hmac.compare_digest(
            sign(body, stamp, SIGNING_KEY), request.headers.get(SIGNATURE_HEADER, "")
        )
        self._report.done["webhooks"] += 1
        self.bad += not right
        return web.Response()


async def soak(target: Target, seconds: float, report: Report) -> None:
    """Load a server that has chaos, and delete all its worlds."""
    async with _receiving(report) as (receiver, hook), _client() as http:
        workers = [Worker(str(number), target, hook, report, http) for number in range(WORKERS)]
        watching = asyncio.create_task(_watch(target, report))
        until_s = time.perf_counter() + seconds
        await asyncio.gather(*(worker.work(until_s) for worker in workers))
        watching.cancel()
        await asyncio.gather(*(worker.finish() for worker in workers))
        await asyncio.gather(*(worker.leave() for worker in workers))
        report.after = target.mebibytes()
    asked = sum(report.asked_for[f"webhook_{fault}"] for fault in CORRUPTING)
    report.seen["webhooks with a bad signature"] = receiver.bad
    if receiver.bad > asked:
        report.blame(f"{receiver.bad} webhooks with a bad signature, {asked} were asked for")


async def use_everything(target: Target, report: Report) -> None:
    """Let a server without chaos load all that it loads late, and rest."""
    aside = Report()
    async with _receiving(aside) as (_, hook), _client() as http:
        await Worker("idle", target, hook, aside, http).do_everything()
        report.idle = target.mebibytes()
    for example in aside.examples:
        report.blame(f"without chaos: {example}")


class _receiving:
    """Serves a receiver of webhooks meanwhile."""

    def __init__(self, report: Report) -> None:
        self._receiver = Receiver(report)
        app = web.Application()
        app.router.add_post("/hook", self._receiver)
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> tuple[Receiver, str]:
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        return self._receiver, f"http://{HOST}:{self._runner.addresses[0][1]}/hook"

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()


def _client() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(force_close=True)  # none waits that is closed by now
    return aiohttp.ClientSession(connector=connector)


async def _watch(target: Target, report: Report) -> None:
    begun = time.perf_counter()
    while True:
        report.samples.append((time.perf_counter() - begun, target.mebibytes()))
        await asyncio.sleep(SAMPLE_S)


@contextmanager
def serving(log: Path, chaos: str = "") -> Iterator[Target]:
    """The checkout's emulator; what it has to say goes into the log."""
    flags = f"--seed empty --signing-key {SIGNING_KEY}"
    flags += f" --chaos {chaos}" if chaos else ""
    command = f"exec {sys.executable} -m emulator serve {flags} --port"
    with started(
        lambda port: ["sh", "-c", f"{command} {port} 2>{log}"], "/_emulator/health", pinned=False
    ) as target:
        yield target


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with serving(log) as target:
            asyncio.run(use_everything(target, report))
        with serving(log, CHAOS) as target:
            asyncio.run(soak(target, minutes * 60, report))
            for line in log.read_text().splitlines():
                report.blame(f"the emulator said: {line}")
    print(f"{minutes:g} minutes, {WORKERS} keys, at most {WORKERS * PER_SECOND} tasks per second")
    report.show()
    result = report.to_json(minutes)
    findings = soak_page.findings(result)
    print_findings(findings)
    if minutes >= SHOWN_MINUTES:
        soak_page.write(result)
    return 0 if all(each.met for each in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
