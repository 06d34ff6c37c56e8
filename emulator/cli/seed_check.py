"""`evi-emulator seed check`: lists a seed's mistakes, or what it holds."""

import argparse

from emulator.api import seed_reader, serve
from emulator.apis.apis import APIS
from emulator.cli.parser import FAILED, OK, add_settings, complain
from emulator.errors import SeedError
from emulator.settings import load_settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=seed_check)
    parser.add_argument("seed", metavar="SEED", help="demo, empty, or a file's path")
    add_settings(parser, ["spec"])


def seed_check(arguments: argparse.Namespace) -> int:
    name = arguments.seed
    settings = load_settings({"spec": arguments.spec})
    try:
        seeds = seed_reader(serve(APIS, settings))
        seed = seeds.load(name, settings)
    except SeedError as error:
        return complain(error, FAILED)
    print(f"{name}: {seeds.summary(seed)}")
    return OK
