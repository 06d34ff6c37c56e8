"""`evi-emulator diff`: recorded client traffic, sent to an emulator to see what it answers."""

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.cli.differences import add_format_flags, ignored, tell
from emulator.cli.http import Remote
from emulator.cli.parser import FAILED, OK, Commands, add_ca_flag, add_command, add_settings
from emulator.durations import duration_ms
from emulator.errors import UsageError
from emulator.settings import Settings, load_settings

if TYPE_CHECKING:
    from emulator.extras.recording.differences import Difference
    from emulator.extras.recording.format import Recording

# How the emulator may differ from service to service; the rest is the recording's.
_SETTINGS = (
    "timestamps", "require_voice", "name_conflict", "inactivity_timeout", "audio_output", "pace",
    "spec",
)  # fmt: skip


def add_diff(commands: Commands) -> None:
    parser = add_command(
        commands,
        "diff",
        diff,
        "send recorded traffic to an emulator; exit code 1 if its answers differ in shape",
    )
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument(
        "--url", help="an emulator that runs (default: one of its own); its worlds are not touched"
    )
    add_ca_flag(parser)
    parser.add_argument(
        "--patience", default="5s", help="how long a frame may take that was recorded (default 5s)"
    )
    add_format_flags(parser)
    add_settings(parser, _SETTINGS)


def diff(arguments: argparse.Namespace) -> int:
    from emulator.extras.recording.reading import read_recording

    try:
        patience_s = duration_ms(arguments.patience) / 1000
    except ValueError as error:
        raise UsageError(f"--patience: {error}") from None
    given = {name: getattr(arguments, name) for name in _SETTINGS}
    settings = load_settings({**given, "seed": "empty", "port": "0"})
    recording = read_recording(Path(arguments.recording))
    found, notes = compare(recording, settings, arguments.url, arguments.ca, patience_s)
    differences = ignored(found, arguments.ignore)
    tell(differences, recording.name, arguments.format, notes)
    return FAILED if differences else OK


def compare(
    recording: "Recording", settings: Settings, url: str | None, ca: str | None, patience_s: float
) -> "tuple[list[Difference], list[str]]":
    from emulator.api import seed_reader, serve
    from emulator.apis.apis import APIS
    from emulator.extras.recording.callers import caller_keys
    from emulator.extras.recording.request_names import Subjects
    from emulator.extras.recording.resender import Resender
    from emulator.extras.recording.seeds import deleted_configs, import_seed

    seed = import_seed(recording, seed_reader(serve(APIS, settings.spec)), settings)
    keys, accepted = caller_keys(recording)
    with _emulator(settings, url, accepted) as at_url:
        for number, key in keys.items():
            if number in accepted:
                remote = Remote(at_url, key, ca)
                remote.exchange("PUT", "/_emulator/snapshot", seed.snapshot(settings))
                # What configs of the recording name are the receivers of somebody else.
                remote.call("POST", "/_emulator/faults", {"kind": "webhook", "fault": "drop"})
                for id in deleted_configs(recording, seed.content):
                    remote.call("DELETE", f"/v0/evi/configs/{id}")
        resender = Resender(recording, at_url, keys, Subjects(settings.spec), patience_s)
        found = asyncio.run(resender.run())
    return found, [*seed.notes, *resender.notes]


@contextmanager
def _emulator(settings: Settings, url: str | None, accepted: Mapping[int, str]) -> Iterator[str]:
    """Where the traffic goes: the emulator that runs, or one that knows these keys alone."""
    if url is not None:
        yield url
        return
    from emulator.testing.emulator import Emulator

    chosen = {name: getattr(settings, name) for name in _SETTINGS}
    with Emulator(seed="empty", api_key=tuple(accepted.values()), **chosen) as server:
        yield server.url
