"""The command line: `evi-emulator`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from emulator import __version__
from emulator.errors import EmulatorError, SeedError, StartupError, UsageError
from emulator.settings import SETTINGS, Settings, load_settings

OK, FAILED, USAGE, NOT_STARTED = 0, 1, 2, 3

Command = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, `serve` if none is named. Returns the exit code.

    0 fine, 1 a check failed, 2 wrong usage, 3 could not start.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    try:
        parsed = parser.parse_args(_with_default_command(given))
        command: Command = parsed.command
        return command(parsed)
    except UsageError as error:
        return _complain(error, USAGE)
    except StartupError as error:
        return _complain(error, NOT_STARTED)
    except EmulatorError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        return OK


def _with_default_command(given: list[str]) -> list[str]:
    if given and (not given[0].startswith("-") or given[0] in ("-h", "--help", "--version")):
        return given
    return ["serve", *given]


def _complain(error: EmulatorError, code: int) -> int:
    print(f"evi-emulator: {error}", file=sys.stderr)
    return code


def make_parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    parser = argparse.ArgumentParser(
        prog="evi-emulator",
        description="A local emulator of Hume's Empathic Voice Interface (EVI) API.",
        epilog="Without a command: serve.",
    )
    parser.add_argument("--version", action="version", version=f"evi-emulator {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands)
    _add_ready(commands)
    _add_operations(commands)
    _add_seed(commands)
    return parser


def _add(commands: Commands, name: str, command: Command, help: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help, description=help[:1].upper() + help[1:] + ".")
    parser.set_defaults(command=command)
    return parser


def _add_settings(parser: argparse.ArgumentParser, names: Sequence[str] | None = None) -> None:
    """Flags for all settings, or for those named; each may also come from the environment."""
    for setting in SETTINGS:
        if names is not None and setting.name not in names:
            continue
        default = "" if setting.default in ("", (), None) else f" (default {setting.default})"
        parser.add_argument(
            setting.flag,
            dest=setting.name,
            metavar="|".join(setting.choices) or setting.name.upper(),
            nargs="?" if setting.kind == "switch" else None,
            const="true" if setting.kind == "switch" else None,
            action="append" if setting.kind == "list" else "store",
            help=f"{setting.help}{default} [{setting.env}]".replace("%", "%%"),
        )


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_settings(vars(arguments))


# serve


def _add_serve(commands: Commands) -> None:
    _add_settings(_add(commands, "serve", serve, "serve the emulated API until Ctrl-C"))


def serve(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    from emulator.server import Server  # not for commands that don't serve

    server = Server(settings)
    api_key = settings.api_key[0] if settings.api_key else "any"
    print(banner(server.url, settings.seed, len(server.app.operations), api_key), flush=True)
    server.run()
    return OK


def banner(url: str, seed: str, operations: int, api_key: str) -> str:
    """The line that says what is served where, and how to point clients at it."""
    return (
        f"Serving {operations} operations (seed {seed}) on {url}"
        f' | Python: HumeClient(base_url="{url}", api_key="{api_key}")'
        f' | TypeScript: new HumeClient({{ environment: "{url}", apiKey: "{api_key}" }})'
        f' | React: <VoiceProvider hostname="{url}">'
    )


# ready


def _add_ready(commands: Commands) -> None:
    parser = _add(commands, "ready", ready, "wait until an emulator answers; exit 1 if it doesn't")
    defaults = Settings()
    default = f"http://{defaults.host}:{defaults.port}"
    parser.add_argument("--url", default=default, help=f"where it serves (default {default})")
    parser.add_argument(
        "--timeout", default="10s", help="how long to wait, such as 10s or 500ms (default 10s)"
    )


def ready(arguments: argparse.Namespace) -> int:
    from emulator.ready import parse_duration_ms, wait_until_ready

    health = wait_until_ready(arguments.url, read_timeout_ms(arguments.timeout))
    print(f"ready: evi-emulator {health['version']} on {arguments.url}")
    return OK


# operations


def _add_operations(commands: Commands) -> None:
    parser = _add(
        commands, "operations", operations, "list the document's operations, implemented or not"
    )
    _add_settings(parser, ["spec"])


def operations(arguments: argparse.Namespace) -> int:
    from emulator.openapi.document import load_document
    from emulator.openapi.operation import compile_operations
    from emulator.operations import HANDLERS

    found = compile_operations(load_document(_settings(arguments).spec))
    implemented = [operation for operation in found if operation.id in HANDLERS]
    for operation in found:
        mark = "yes" if operation.id in HANDLERS else "NO "
        print(f"{mark}  {operation.id:27} {operation.method:6} {operation.path_template}")
    print(f"{len(found)} operations, {len(implemented)} implemented")
    return OK if len(found) == len(implemented) else FAILED


# seed


def _add_seed(commands: Commands) -> None:
    parser = commands.add_parser("seed", help="check a seed file, or show a bundled one")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = _add(actions, "check", seed_check, "say what is wrong with a seed, or what is in it")
    check.add_argument("seed", metavar="SEED", help="demo, empty, or a file's path")
    _add_settings(check, ["spec"])
    show = _add(actions, "show", seed_show, "print a seed file, to start one's own from")
    show.add_argument("seed", metavar="SEED", nargs="?", default="demo", help="(default demo)")


def seed_check(arguments: argparse.Namespace) -> int:
    from emulator.openapi.document import load_document
    from emulator.openapi.validation import Validation
    from emulator.seed.loader import load_seed, summary

    name = arguments.seed
    settings = load_settings({"spec": arguments.spec})
    try:
        store = load_seed(name, Validation(load_document(settings.spec)), settings)
    except SeedError as error:
        return _complain(error, FAILED)
    print(f"{name}: {summary(store)}")
    return OK


def seed_show(arguments: argparse.Namespace) -> int:
    from emulator.seed.document import seed_path

    print(seed_path(arguments.seed).read_text(encoding="utf-8"), end="")
    return OK
