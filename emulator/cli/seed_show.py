"""`evi-emulator seed show`: prints a seed file."""

import argparse

from emulator.cli.parser import OK
from emulator.world.seed_file import seed_path


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=seed_show)
    parser.add_argument("seed", metavar="SEED", nargs="?", default="demo", help="(default demo)")


def seed_show(arguments: argparse.Namespace) -> int:
    print(seed_path(arguments.seed).read_text(encoding="utf-8"), end="")
    return OK
