"""`evi-emulator operations`: lists the operations of the documents."""

import argparse

from emulator.apis.apis import APIS
from emulator.cli.parser import FAILED, OK, add_settings, settings_of
from emulator.openapi.operation import Place


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=operations)
    add_settings(parser, ["spec"])


def operations(arguments: argparse.Namespace) -> int:
    missing, taken = 0, set[Place]()
    for api in APIS:
        path = settings_of(arguments).spec if api is APIS[0] else ""
        found = api.operations(api.load_document(path), taken)
        taken |= {operation.place for operation in found}
        handlers = api.handlers.by_id
        for operation in found:
            mark = "yes" if operation.id in handlers else "NO "
            print(f"{mark}  {operation.id:27} {operation.method:6} {operation.path_template}")
        implemented = sum(operation.id in handlers for operation in found)
        print(f"{api.name}: {len(found)} operations, {implemented} implemented")
        missing += len(found) - implemented
    return FAILED if missing else OK
