"""`evi-emulator diff`: sends recorded client traffic to an emulator, and compares its answers."""

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from emulator.api import seed_reader, serve
from emulator.apis.apis import APIS
from emulator.cli.differences import add_difference_flags, not_ignored, print_differences
from emulator.cli.http import Remote
from emulator.cli.parser import FAILED, OK, add_ca_flag, add_settings
from emulator.durations import duration_ms
from emulator.errors import UsageError
from emulator.extras.recording.callers import caller_keys
from emulator.extras.recording.differences import Difference
from emulator.extras.recording.format import Recording
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.request_names import RequestNames
from emulator.extras.recording.resender import Resender
from emulator.extras.recording.seeds import ImportedSeed, deleted_configs, import_seed
from emulator.settings import Settings, load_settings
from emulator.testing.emulator import Emulator

# Settings in which services differ; the recording decides all others.
DIFF_SETTINGS = (
    "timestamps", "require_voice", "name_conflict", "inactivity_timeout", "audio_output", "pace",
    "spec",
)  # fmt: skip


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=diff)
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument(
        "--url", help="a running emulator, whose other worlds stay unchanged (default: a new one)"
    )
    add_ca_flag(parser)
    parser.add_argument(
        "--patience", default="5s", help="how long to wait for a recorded frame (default 5s)"
    )
    add_difference_flags(parser)
    add_settings(parser, DIFF_SETTINGS)


def diff(arguments: argparse.Namespace) -> int:
    try:
        patience_s = duration_ms(arguments.patience) / 1000
    except ValueError as error:
        raise UsageError(f"--patience: {error}") from None
    given = {name: getattr(arguments, name) for name in DIFF_SETTINGS}
    settings = load_settings({**given, "seed": "empty", "port": "0"})
    recording = read_recording(Path(arguments.recording))
    found, notes = compare(recording, settings, arguments.url, arguments.ca, patience_s)
    differences = not_ignored(found, arguments.ignore)
    print_differences(differences, recording.name, arguments.format, notes)
    return FAILED if differences else OK


def compare(
    recording: Recording, settings: Settings, url: str | None, ca: str | None, patience_s: float
) -> tuple[list[Difference], list[str]]:
    """Send the traffic to the emulator at `url`, or to one of our own.

    Returns the differences, and notes on what could not be compared.
    """
    seed = import_seed(recording, seed_reader(serve(APIS, settings)), settings)
    keys, accepted = caller_keys(recording)
    with _emulator(settings, url, accepted) as at_url:
        for key in accepted.values():
            _prepare_world(Remote(at_url, key, ca), recording, seed, settings)
        names = RequestNames(settings.spec)
        resender = Resender(recording, at_url, keys, names, patience_s)
        found = asyncio.run(resender.run())
    return found, [*seed.notes, *resender.notes]


def _prepare_world(
    remote: Remote, recording: Recording, seed: ImportedSeed, settings: Settings
) -> None:
    """Put a caller's world in the state that the server had when the recording began."""
    remote.exchange("PUT", "/_emulator/snapshot", seed.snapshot(settings))
    # Webhooks of the recording's configs would reach somebody else's receivers.
    remote.call("POST", "/_emulator/faults", {"kind": "webhook", "fault": "drop"})
    for id in deleted_configs(recording, seed.content):
        remote.call("DELETE", f"/v0/evi/configs/{id}")


@contextmanager
def _emulator(settings: Settings, url: str | None, accepted: Mapping[int, str]) -> Iterator[str]:
    """Yield the URL of the emulator that runs, or of a new one that accepts only these keys."""
    if url is not None:
        yield url
        return
    chosen = {name: getattr(settings, name) for name in DIFF_SETTINGS}
    with Emulator(seed="empty", api_key=tuple(accepted.values()), **chosen) as server:
        yield server.url
