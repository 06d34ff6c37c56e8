"""Shared by all commands: exit codes, and flags from the table of settings."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from emulator.cli.setting_groups import GROUPS, OTHER, group_of
from emulator.errors import EmulatorError, UsageError
from emulator.settings import CA_FILE_ENV, SETTINGS, Setting, Settings, load_settings

OK, FAILED, USAGE, NOT_STARTED = 0, 1, 2, 3

Command: TypeAlias = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class CommandParser(argparse.ArgumentParser):
    """The parser of one command. The command's module adds its flags when it is used.

    Other commands' modules are not imported, for a quick start.
    """

    def __init__(self, *, module: str = "", **options: Any) -> None:
        super().__init__(**options)
        self._module = module  # '' once it is loaded

    def load(self) -> None:
        """Let the module add the flags and say what to run."""
        module, self._module = self._module, ""
        if module:
            import_module(module).add_flags(self)

    def parse_known_args(self, *arguments: Any, **options: Any) -> Any:
        self.load()
        return super().parse_known_args(*arguments, **options)


def add_commands(
    parser: argparse.ArgumentParser, metavar: str, helps: Mapping[str, str], prefix: str = ""
) -> None:
    """Add commands by name, each with its help.

    A command's module in this folder has its name, after the prefix and with _ for -, and a
    function `add_flags`.
    """
    commands = parser.add_subparsers(metavar=metavar, required=True, parser_class=CommandParser)
    for name, help in helps.items():
        module = f"emulator.cli.{prefix}{name.replace('-', '_')}"
        commands.add_parser(name, help=help, description=as_sentence(help), module=module)


def as_sentence(help: str) -> str:
    return help[:1].upper() + help[1:] + "."


def add_command(
    commands: Commands, name: str, command: Command, help: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help, description=as_sentence(help))
    parser.set_defaults(command=command)
    return parser


def add_settings(parser: argparse.ArgumentParser, names: Sequence[str] | None = None) -> None:
    """Add flags for all settings, or for the named ones, in groups; variables may set them, too."""
    wanted = [each for each in SETTINGS if names is None or each.name in names]
    for title in (*GROUPS, OTHER):
        settings = [each for each in wanted if group_of(each.name) == title]
        if settings:
            group = parser.add_argument_group(title)
            for setting in settings:
                _add_setting(group, setting)


def _add_setting(group: argparse._ArgumentGroup, setting: Setting) -> None:
    default = "" if setting.default in ("", (), None) else f" (default {setting.shown_default})"
    group.add_argument(
        setting.flag,
        dest=setting.name,
        metavar=_shown_values(setting),
        nargs="?" if setting.kind == "switch" else None,
        const="true" if setting.kind == "switch" else None,
        action="append" if setting.kind in ("list", "hosts", "url_rules") else "store",
        help=f"{setting.help}{default} [{setting.env}]".replace("%", "%%"),
    )


_METAVARS = {
    "switch": "true|false",
    "integer": "N",
    "duration": "DURATION",
    "url": "URL",
    "hosts": "HOST",
    "url_rules": "FROM=TO",
}


def _shown_values(setting: Setting) -> str:
    others = ("URL",) if setting.kind == "choice_or_url" else ()
    choices = "|".join((*setting.choices, *others))
    return choices or _METAVARS.get(setting.kind, setting.name.upper())


def settings_of(arguments: argparse.Namespace) -> Settings:
    return load_settings(vars(arguments))


def assignment(flag: str, text: str) -> tuple[str, Any]:
    """Read FIELD=VALUE; the value is JSON if it can be read as JSON, else a text."""
    field, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{flag} takes FIELD=VALUE, got {text!r}")
    try:
        return field, json.loads(value)
    except ValueError:
        return field, value


def add_ca_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--ca`, the CA to trust at an https URL."""
    parser.add_argument(
        "--ca",
        default=os.environ.get(CA_FILE_ENV),
        metavar="FILE",
        help=f"the CA file that an emulator with --tls prints at its start [{CA_FILE_ENV}]",
    )


def default_url() -> str:
    """Return where an emulator serves by default."""
    defaults = Settings()
    return f"http://{defaults.host}:{defaults.port}"


def complain(error: EmulatorError, code: int) -> int:
    print(f"evi-emulator: {error}", file=sys.stderr)
    return code
