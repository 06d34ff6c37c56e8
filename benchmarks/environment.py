"""Installs what the emulator is compared with into a folder of its own: .bench, which git ignores.

Whatever can't be had is left out, with the reason: `.venv/bin/python -m benchmarks.environment`.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.servers import ROOT

FOLDER = ROOT / ".bench"
PYTHON = FOLDER / "venv" / "bin"
NODE = FOLDER / "node" / "node_modules"
PYTHON_PACKAGES = ("fastapi==0.165.0", "localstripe==1.15.10", "moto[server]==5.2.5")
NODE_PACKAGES = ("@mockoon/cli@9.9.0", "@stoplight/prism-cli@5.16.0", "wiremock@3.13.2")
_PATIENCE_S = 120  # for each package
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
_NPM = ("npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")


@dataclass
class Environment:
    """The packages that are installed, and why the rest is not."""

    missing: dict[str, str] = field(default_factory=dict)  # a package's name, and the reason

    def has(self, package: str) -> bool:
        return not any(each.startswith(package) for each in self.missing)


def prepare() -> Environment:
    """Install what is not installed yet. The second time this takes no time."""
    environment = Environment()
    FOLDER.mkdir(exist_ok=True)
    _prepare_python(environment)
    _prepare_node(environment)
    if not shutil.which("java"):
        environment.missing.setdefault("wiremock", "it needs Java, and there is no `java` here")
    if not shutil.which("stripe-mock"):
        environment.missing["stripe-mock"] = (
            "it is a program in Go, on neither PyPI nor npm; one on PATH is measured"
        )
    for name, reason in environment.missing.items():
        print(f"Left out: {name}: {reason}", flush=True)
    return environment


def _prepare_python(environment: Environment) -> None:
    python = str(PYTHON / "python")
    if not Path(python).exists():
        print("Installing what to compare with into .bench ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parent)], check=True)
    pinned = ["--constraint", "requirements.txt"]  # all have the emulator's own server
    with _once("emulator", _sources()) as wanted:
        if wanted:  # as a user has it: from a wheel
            problem = _run([python, *_PIP, *pinned, "--force-reinstall", "."])
            if problem:
                raise SystemExit(f"the emulator could not be installed: {problem}")
    for package in PYTHON_PACKAGES:
        with _once(package, package) as wanted:
            if wanted and (problem := _run([python, *_PIP, *pinned, package])):
                environment.missing[package] = problem
                wanted.keep = False


def _prepare_node(environment: Environment) -> None:
    if not shutil.which("npm"):
        environment.missing |= dict.fromkeys(NODE_PACKAGES, "it needs npm, which is not here")
        return
    NODE.parent.mkdir(exist_ok=True)
    manifest = NODE.parent / "package.json"
    if not manifest.exists():
        manifest.write_text('{"private": true}\n')
    for package in NODE_PACKAGES:
        with _once(package, package) as wanted:
            if wanted and (problem := _run([*_NPM, package], NODE.parent)):
                environment.missing[package] = problem
                wanted.keep = False


class _once:
    """True if what is to be done has not been done yet; it has been when the block ends well."""

    def __init__(self, name: str, state: str) -> None:
        self._file = FOLDER / ("done-" + name.replace("/", "-"))
        self._state = state
        self.keep = True

    def __bool__(self) -> bool:
        return not self._file.exists() or self._file.read_text() != self._state

    def __enter__(self) -> "_once":
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if self.keep and kind is None:
            self._file.write_text(self._state)


def _run(command: Sequence[str], folder: Path = ROOT) -> str:
    """Why the command failed, in one line; nothing if it did not."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE_S,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"it could not be installed within {_PATIENCE_S} s"
    lines = [line for line in done.stdout.splitlines() if "rror" in line]
    if not done.returncode:
        return ""
    return f"it could not be installed: {lines[-1][:200] if lines else done.returncode}"


def _sources() -> str:
    """A digest of all that the wheel is made of."""
    digest = hashlib.sha256()
    for file in sorted(_files()):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for folder in ("emulator", "fixtures"):
        yield from (
            path
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
    yield from (ROOT / name for name in ("openapi.yaml", "pyproject.toml", "hatch_build.py"))


if __name__ == "__main__":
    prepare()
