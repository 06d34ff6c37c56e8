"""Makes the reference of the command line from its parsers."""

import argparse
from collections.abc import Iterator

from emulator.cli.main import COMMANDS, make_parser
from emulator.cli.parser import CommandParser
from emulator.settings import SETTINGS
from scripts.markdown import code, table

_SETTINGS = {setting.flag: setting for setting in SETTINGS}


def commands() -> str:
    """Return a list of all commands, and a section for each with its arguments and flags."""
    found = list(_commands(make_parser(), ""))
    overview = table(
        ("command", "does"),
        (
            (f"[`{name}`](#{_anchor(name)})", COMMANDS.get(name, "") or _does(parser))
            for name, parser in found
        ),
    )
    return "\n".join((overview, *(_section(name, parser) for name, parser in found)))


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _does(parser: argparse.ArgumentParser) -> str:
    text = (parser.description or "").rstrip(".")
    return text[:1].lower() + text[1:]


def _commands(
    parser: argparse.ArgumentParser, prefix: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command with its parser; of a group such as `seed`, its commands instead."""
    for name, command in _subparsers(parser).items():
        if isinstance(command, CommandParser):
            command.load()
        if _subparsers(command):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _section(name: str, parser: argparse.ArgumentParser) -> str:
    arguments = [each for each in parser._actions if not each.option_strings]
    flags = [each for each in parser._actions if _is_shown(each)]
    is_server = sum(_is_setting(each) for each in flags) > len(SETTINGS) / 2
    parts = [f"## {name}\n\n{_sentence(parser)}\n"]
    parts.append(
        f"```text\nevi-emulator {name}{''.join(f' {_argument(a)}' for a in arguments)}\n```\n"
    )
    if is_server:
        parts.append("It takes every [setting](../settings.md) as a flag.\n")
        flags = [each for each in flags if not _is_setting(each)]
    rows = [(code(_argument(each)), _help(each)) for each in arguments]
    rows += [(code(_flag(each)), _help(each)) for each in flags]
    if rows:
        parts.append(table(("argument or flag", "meaning"), rows))
    return "\n".join(parts)


def _sentence(parser: argparse.ArgumentParser) -> str:
    text = parser.description or ""
    return text if text.endswith(".") else f"{text}."


def _is_shown(action: argparse.Action) -> bool:
    is_help = isinstance(action, argparse._HelpAction)
    return bool(action.option_strings) and not is_help and action.help != argparse.SUPPRESS


def _is_setting(action: argparse.Action) -> bool:
    return any(each in _SETTINGS for each in action.option_strings)


def _argument(action: argparse.Action) -> str:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return (
        f"[{name} ...]"
        if action.nargs == "*"
        else f"{name} ..."
        if action.nargs == "+"
        else (f"[{name}]" if action.nargs == "?" else name)
    )


def _flag(action: argparse.Action) -> str:
    flags = ", ".join(action.option_strings)
    if action.nargs == 0:
        return flags
    values = action.metavar if isinstance(action.metavar, str) else None
    values = values or (
        "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
    )
    return f"{flags} [{values}]" if action.nargs == "?" else f"{flags} {values}"


def _help(action: argparse.Action) -> str:
    """Return the text of `--help`, with its placeholders filled in as argparse does."""
    formatter = argparse.HelpFormatter(prog="evi-emulator")
    return formatter._expand_help(action) if action.help else ""
