"""`evi-emulator operations` and `seed`."""

import argparse

from emulator.cli.parser import (
    FAILED,
    OK,
    Commands,
    add_command,
    add_settings,
    complain,
    settings_of,
)
from emulator.cli.recording_flags import add_import
from emulator.errors import SeedError
from emulator.settings import load_settings


def add_operations(commands: Commands) -> None:
    parser = add_command(
        commands, "operations", operations, "list the document's operations, implemented or not"
    )
    add_settings(parser, ["spec"])


def operations(arguments: argparse.Namespace) -> int:
    from emulator.apis.apis import APIS
    from emulator.openapi.operation import compile_operations

    missing = 0
    for api in APIS:
        path = settings_of(arguments).spec if api is APIS[0] else ""
        found, handlers = compile_operations(api.load_document(path)), api.handlers.by_id
        for operation in found:
            mark = "yes" if operation.id in handlers else "NO "
            print(f"{mark}  {operation.id:27} {operation.method:6} {operation.path_template}")
        implemented = sum(operation.id in handlers for operation in found)
        print(f"{api.name}: {len(found)} operations, {implemented} implemented")
        missing += len(found) - implemented
    return FAILED if missing else OK


def add_seed(commands: Commands) -> None:
    parser = commands.add_parser("seed", help="check, show or import a seed file")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = add_command(
        actions, "check", seed_check, "check a seed: list its mistakes, or what it holds"
    )
    check.add_argument("seed", metavar="SEED", help="demo, empty, or a file's path")
    add_settings(check, ["spec"])
    show = add_command(actions, "show", seed_show, "print a seed file, as a start for your own")
    show.add_argument("seed", metavar="SEED", nargs="?", default="demo", help="(default demo)")
    add_import(actions)


def seed_check(arguments: argparse.Namespace) -> int:
    from emulator.api import seed_reader, serve
    from emulator.apis.apis import APIS

    name = arguments.seed
    settings = load_settings({"spec": arguments.spec})
    try:
        seeds = seed_reader(serve(APIS, settings.spec))
        seed = seeds.load(name, settings)
    except SeedError as error:
        return complain(error, FAILED)
    print(f"{name}: {seeds.summary(seed)}")
    return OK


def seed_show(arguments: argparse.Namespace) -> int:
    from emulator.world.seed_file import seed_path

    print(seed_path(arguments.seed).read_text(encoding="utf-8"), end="")
    return OK
