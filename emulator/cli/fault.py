"""`evi-emulator fault`: faults in a running emulator."""

import argparse
from typing import Any

from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import OK, add_command, assignment, default_url
from emulator.faults.table import KINDS, check_fault

_PATH = "/_emulator/faults"


def add_flags(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = add_command(actions, "add", fault_add, "add a rule: what breaks, how, and how often")
    kinds = "; ".join(f"{name}: {kind.strikes}" for name, kind in KINDS.items())
    add.add_argument("kind", metavar="KIND", help=kinds)
    add.add_argument(
        "fault",
        metavar="FAULT",
        help="; ".join(f"{name}: {', '.join(kind.faults)}" for name, kind in KINDS.items()),
    )
    add.add_argument(
        "fields",
        metavar="FIELD=VALUE",
        nargs="*",
        help="such as operation=list-configs, status=429, times=1 or probability=0.1",
    )
    show = add_command(actions, "list", fault_list, "list all rules, and how often each was used")
    clear = add_command(actions, "clear", fault_clear, "remove all rules")
    default = default_url()
    for action in (add, show, clear):
        add_server_flags(action, default, f"where the emulator serves (default {default})")


def fault_add(arguments: argparse.Namespace) -> int:
    check_fault(arguments.kind, arguments.fault)
    rule = {"kind": arguments.kind, "fault": arguments.fault}
    rule |= dict(assignment("fault add", text) for text in arguments.fields)
    print(_line(_remote(arguments).call("POST", _PATH, rule)))
    return OK


def fault_list(arguments: argparse.Namespace) -> int:
    rules = _remote(arguments).call("GET", _PATH)["faults"]
    for rule in rules:
        print(_line(rule))
    if not rules:
        print("nothing breaks")
    return OK


def fault_clear(arguments: argparse.Namespace) -> int:
    _remote(arguments).call("DELETE", _PATH)
    return OK


def _remote(arguments: argparse.Namespace) -> Remote:
    return Remote(arguments.url, arguments.key, arguments.ca)


def _line(rule: dict[str, Any]) -> str:
    """Return a rule such as 'http status (operation=list-configs, status=429, times=1), used 0'."""
    shown = {name: value for name, value in rule.items() if value not in (None, {}, "")}
    fields = [f"{name}={value}" for name, value in shown.items() if name not in _SAID]
    return f"{rule['kind']} {rule['fault']} ({', '.join(fields)}), used {rule['used']}"


_SAID = ("id", "kind", "fault", "used")
