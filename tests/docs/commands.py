"""Checks the commands that pages show, and runs those that are cheap."""

import contextlib
import io
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from emulator.cli.main import main, make_parser
from tests.docs.pages import ROOT
from tests.docs.shell import Command

DEFAULT = "http://127.0.0.1:8484"
_MAKEFILE = (ROOT / "Makefile").read_text()
_EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
_SCRIPTS = {"weather", "support-call", "interruption", "silence", "trouble"}

# Programs that no test runs here: whoever follows the page has them.
_ELSEWHERE = {
    ".", "cd", "cat", "docker", "export", "git", "haproxy", "node", "npm", "npx", "pipx", "pytest",
    "python3", "sh", "source", "tee", "touch", "uv", "uvx", "ollama", "code", "echo", "open",
    "chromium",
}  # fmt: skip


@dataclass(slots=True)
class Shell:
    """Where a page's commands are checked: its folder, and an emulator in place of the default."""

    url: str
    key: str  # of a world of its own, in place of the key `any`
    folder: Path
    page: Path
    known_files: set[str] = field(default_factory=set)

    def take(self, command: Command) -> str | None:
        """Check a command. Returns what it printed if it was run. Raises AssertionError."""
        check = _CHECKS.get(command.name)
        if check is None:
            assert command.name in _ELSEWHERE, f"no check for the command {command.name!r}"
            return None
        printed = check(self, command)
        if command.output:
            (self.folder / Path(command.output).name).write_text(printed or "")
            self.known_files.add(command.output)
        return printed


def _evi_emulator(shell: Shell, command: Command) -> str | None:
    words = list(command.words[1:]) or ["serve"]
    if words[0].startswith("-") and words[0] not in ("--help", "--version"):
        words = ["serve", *words]
    parsed_words = words[: words.index("--")] if "--" in words and words[0] != "exec" else words
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(errors):
            make_parser(words[0]).parse_args(parsed_words)
    except SystemExit as stop:
        if stop.code:
            raise AssertionError(errors.getvalue()) from None
    run = _RUN.get(words[0])
    return run(shell, words) if run else None


def _main(words: list[str], *, code: int = 0) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        got = main(words)
    assert got == code, printed.getvalue()
    return printed.getvalue()


def _at_url(shell: Shell, words: list[str]) -> str:
    return _main([*words, "--url", shell.url, "--api-key", shell.key])


def _simulate(shell: Shell, words: list[str]) -> str | None:
    is_cheap = words[1] in (*_SCRIPTS, "--user") and not {"--pace", "--config-id"} & set(words)
    return _at_url(shell, words) if is_cheap else None


def _seed(shell: Shell, words: list[str]) -> str | None:
    return _main(words) if words[1] in ("show", "check") else None


_RUN: Mapping[str, Callable[[Shell, list[str]], str | None]] = {
    "fault": _at_url,
    "simulate": _simulate,
    "seed": _seed,
    "operations": lambda shell, words: _main(words),
}


def _curl(shell: Shell, command: Command) -> str | None:
    """Send the request that curl would send, to the emulator of the tests."""
    method, headers, data, user, url = "", {}, None, None, ""
    parts: list[tuple[str, tuple[str | None, bytes, str | None]]] = []
    words = iter(command.words[1:])
    for word in words:
        if word in ("-X", "--request"):
            method = next(words)
        elif word in ("-H", "--header"):
            name, _, value = next(words).partition(":")
            headers[name] = value.strip()
        elif word in ("-d", "--data"):
            data = next(words)
        elif word in ("-F", "--form"):
            parts.append(_part(shell, next(words)))
        elif word in ("-u", "--user"):
            name, _, password = next(words).partition(":")
            user = (name, password)
        elif word in ("-o", "--output", "--cacert"):
            next(words)
        elif word.startswith("-"):
            assert word in ("-s", "-S", "-sS", "--fail-with-body", "--noproxy", "-f"), word
        else:
            url = word
    assert url, command
    if not url.startswith(DEFAULT):
        assert "/_emulator/" in url or "/__admin" in url, url
        return None
    if data is not None and "$(" in data:
        return None
    method = method or ("GET" if data is None and not parts else "POST")
    headers = {name: shell.key if value == "any" else value for name, value in headers.items()}
    answer = httpx.request(
        method,
        url.replace(DEFAULT, shell.url),
        headers=headers | ({} if data is None else {"Content-Type": _media_type(headers, data)}),
        content=data,
        files=parts or None,
        auth=user,
        trust_env=False,
    )
    assert answer.status_code < 400, answer.text
    return answer.text if "json" in answer.headers.get("Content-Type", "") else ""


def _part(shell: Shell, text: str) -> tuple[str, tuple[str | None, bytes, str | None]]:
    """Return a part of a form as httpx takes it; silence stands in for a file of the reader's."""
    name, _, value = text.partition("=")
    value, _, media_type = value.partition(";type=")
    if not value.startswith("@"):
        return name, (None, value.encode(), media_type or None)
    path = shell.folder / value[1:]
    content = path.read_bytes() if path.is_file() else bytes(32_000)
    return name, (path.name, content, media_type or None)


def _media_type(headers: dict[str, str], data: str) -> str:
    """Return the type that curl gives a body, unless a header names one."""
    return headers.get("Content-Type", "application/x-www-form-urlencoded")


def _make(shell: Shell, command: Command) -> None:
    targets = [word for word in command.words[1:] if re.fullmatch(r"[a-z-]+", word)]
    for target in targets:
        assert re.search(rf"^{target}:", _MAKEFILE, re.MULTILINE), f"no target {target}"


def _pip(shell: Shell, command: Command) -> None:
    """Check the extras of the emulator that are asked for."""
    assert command.words[1] == "install", command
    for extras in re.findall(
        r"(?:evi-emulator|^\.|/\.|path/to/\S+)\[([\w,]+)\]", " ".join(command.words)
    ):
        assert set(extras.split(",")) <= set(_EXTRAS), extras


def _python(shell: Shell, command: Command) -> None:
    """Check that the file exists: on the page, beside it, or in the clone that pages begin with."""
    [file, *_] = [word for word in command.words[1:] if not word.startswith("-")]
    beside = shell.page.parent / file
    is_a_module = "-m" in command.words or "-c" in command.words
    in_clone = ROOT / file.removeprefix("evi-emulator/")
    is_yours = file == "my_app.py" or file == "server.py"
    assert (
        is_a_module
        or file in shell.known_files
        or beside.exists()
        or in_clone.exists()
        or (is_yours)
    ), f"no file {file}"


_CHECKS: Mapping[str, Callable[[Shell, Command], str | None]] = {
    "evi-emulator": _evi_emulator,
    ".venv/bin/evi-emulator": _evi_emulator,
    "curl": _curl,
    "make": _make,
    "pip": _pip,
    "pipx": _pip,
    ".venv/bin/pip": _pip,
    "python": _python,
    ".venv/bin/python": _python,
}
