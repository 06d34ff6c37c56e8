"""`evi-emulator seed`: its actions, each in a module of its own."""

from emulator.cli.parser import CommandParser, add_commands

_ACTIONS = {
    "check": "check a seed: list its mistakes, or what it holds",
    "show": "print a seed file, as a start for your own",
    "import": "make a seed and a script of a recording",
}


def add_flags(parser: CommandParser) -> None:
    add_commands(parser, "ACTION", _ACTIONS, "seed_")
