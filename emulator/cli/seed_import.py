"""`evi-emulator seed import`: makes a seed and a script of a recording."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from emulator.api import seed_reader, serve
from emulator.apis.apis import APIS
from emulator.atomic import write_whole
from emulator.cli.parser import OK, add_settings
from emulator.errors import EmulatorError, UsageError
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.scripts import import_script
from emulator.extras.recording.seeds import as_yaml, import_seed
from emulator.settings import load_settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=seed_import)
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument("--seed", dest="to_seed", metavar="FILE", help="write the seed to a file")
    parser.add_argument(
        "--script", dest="to_script", metavar="FILE", help="write the script to a file"
    )
    parser.add_argument(
        "--chat", type=int, metavar="N", help="make the script from this chat, counted from 1"
    )
    parser.add_argument(
        "--pauses", action="store_true", help="keep the pauses of both sides in the script"
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    add_settings(parser, ["spec"])


def seed_import(arguments: argparse.Namespace) -> int:
    settings = load_settings({"spec": arguments.spec})
    if arguments.to_seed is None and arguments.to_script is None:
        raise UsageError("say where to write: --seed FILE, --script FILE, or both")
    recording = read_recording(Path(arguments.recording))
    imported = import_seed(recording, seed_reader(serve(APIS, settings)), settings)
    seed = imported.content
    if arguments.to_seed is not None:
        counts = ", ".join(f"{len(v)} {k}" for k, v in seed.items() if isinstance(v, list))
        _write(arguments.to_seed, as_yaml(seed), arguments.force)
        print(f"{arguments.to_seed}: {counts or 'nothing was there before the recording began'}")
        _print_notes(imported.notes)
    if arguments.to_script is not None:
        configs = [config["id"] for config in seed.get("configs", ())]
        script, notes = import_script(recording, configs, arguments.chat, arguments.pauses)
        _write(arguments.to_script, as_yaml(script), arguments.force)
        print(f"{arguments.to_script}: {len(script.get('rules', ()))} rules")
        _print_notes(notes)
    return OK


def _write(name: str, text: str, force: bool) -> None:
    path = Path(name)
    if path.exists() and not force:
        raise UsageError(f"{name} exists; replace it with --force, or name another")
    try:
        write_whole(path, [text.encode()])
    except OSError as error:
        raise EmulatorError(f"cannot write {name}: {error.strerror}") from None


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
