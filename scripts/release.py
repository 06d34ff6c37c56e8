"""Builds the packages of a release, checks them, and says what is left to do by hand.

Run by `make release`, with the Python that has the tools: build and twine.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from scripts.installed import InstallCheck
from scripts.quiet import complaints

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
_MUST_HAVE = (  # in the wheel: one of each sort of file
    "emulator/py.typed",
    "emulator/web/inspector/page/index.html",
    "emulator/cli/node/preload.cjs",
    "emulator/web/control/openapi.json",
    "emulator/bundled/openapi.yaml",
    "emulator/bundled/fixtures/demo.json",
    "emulator/bundled/fixtures/scripts/weather.yaml",
)
_MUST_HAVE_IN_NODE = (
    "package/package.json",
    "package/LICENSE",
    "package/README.md",
    "package/dist/index.js",
    "package/dist/index.d.ts",
    "package/dist/cjs/index.js",
    "package/dist/intercept/preload.cjs",
)
_LEFT = """\
Left to do by hand, in this order:
  1. Move the entries of "Unreleased" in CHANGELOG.md below a heading {version}, if there are any.
  2. Commit, and tag: git tag -a v{version} -m "evi-emulator {version}" && git push --tags
     (the GitHub Action is used by this tag).
  3. Upload: twine upload {files}
  4. Upload the package for Node: npm publish {tarball}
  5. Make the release of the tag on GitHub. Its notes are the section {version} of CHANGELOG.md.
  6. Build the image, which no check here has built: docker build -t evi-emulator:{version} .
  7. The README links files of the repository, which PyPI can't resolve: name the repository in
     pyproject.toml ([project.urls]), and make these links absolute."""


class ReleaseFailed(Exception):
    """A check found something that must not be released."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the packages of a release and check them.")
    parser.add_argument("--out", type=Path, default=DIST, metavar="FOLDER", help="default dist")
    out: Path = parser.parse_args().out
    try:
        version = check_versions()
        tell(f"version {version}: all places agree")
        sdist, wheel = build(out, version)
        check_contents(sdist, wheel)
        check_same_wheel(sdist, wheel)
        run([sys.executable, "-m", "twine", "check", "--strict", sdist, wheel], ROOT)
        tell("twine: the metadata is good")
        tarball = node_tarball(out, version)
        with tempfile.TemporaryDirectory(prefix="evi-release-") as folder:
            check_installed(InstallCheck(Path(folder), ROOT), wheel)
    except ReleaseFailed as failure:
        print(f"release: {failure}", file=sys.stderr)
        return 1
    files = f"{shown(sdist)} {shown(wheel)}"
    print(_LEFT.format(version=version, files=files, tarball=shown(tarball)))
    return 0


def tell(text: str) -> None:
    print(f"release: {text}", flush=True)


def shown(path: Path | None) -> str:
    if path is None:
        return "(not built: npm is not installed)"
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Return what a command prints. Raises ReleaseFailed if it fails or warns."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    printed = done.stdout + done.stderr
    line = " ".join(map(str, command))
    if done.returncode != 0:
        raise ReleaseFailed(f"`{line}` ended with {done.returncode}:\n{printed}")
    if warned := complaints(printed):
        raise ReleaseFailed(f"`{line}` warns:\n" + "\n".join(warned))
    return printed


# versions


def check_versions() -> str:
    """Return the version of `emulator/version.py`. Raises ReleaseFailed if a place differs."""
    version = first(r'__version__ = "(.+)"', ROOT / "emulator" / "version.py")
    for place, found in _versions():
        if found != version:
            raise ReleaseFailed(f"{place} has version {found}, emulator/version.py has {version}")
    return version


def _versions() -> Iterator[tuple[str, str]]:
    """Yield the other places that have the version, and what they have."""
    package = json.loads((ROOT / "clients" / "node" / "package.json").read_text())
    yield "clients/node/package.json", package["version"]
    yield "CHANGELOG.md", first(r"^## (\d\S*)", ROOT / "CHANGELOG.md")
    yield "docs/ci.md", first(r"evi-emulator@v(\S+)", ROOT / "docs" / "ci.md")


def first(pattern: str, path: Path) -> str:
    """Return the first group of the first match in a file. Raises ReleaseFailed without one."""
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    if match is None:
        raise ReleaseFailed(f"{shown(path)} has no version")
    return match[1]


# packages for Python


def build(out: Path, version: str) -> tuple[Path, Path]:
    """Build both packages from the checkout."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("evi_emulator-*.tar.gz"), *out.glob("evi_emulator-*.whl")):
        old.unlink()
    for kind in ("--sdist", "--wheel"):
        run([sys.executable, "-m", "build", kind, "--outdir", out, ROOT], ROOT)
    sdist = out / f"evi_emulator-{version}.tar.gz"
    wheel = out / f"evi_emulator-{version}-py3-none-any.whl"
    tell(f"built {shown(sdist)} and {shown(wheel)}")
    return sdist, wheel


def check_contents(sdist: Path, wheel: Path) -> None:
    """Check that both packages have all files of the package that are in the repository."""
    listed = run(["git", "ls-files", "emulator", "fixtures", "openapi.yaml", "LICENSE"], ROOT)
    tracked = set(listed.splitlines())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in tracked if name.startswith("emulator/")}
    _must_have(shown(sdist), in_sdist, tracked)
    _must_have(shown(wheel), in_wheel, package | set(_MUST_HAVE))
    if not any(name.endswith("dist-info/licenses/LICENSE") for name in in_wheel):
        raise ReleaseFailed(f"{shown(wheel)} has no licence")
    tell(f"contents: {len(in_sdist)} files in the sdist, {len(in_wheel)} in the wheel")


def _must_have(package: str, names: set[str], wanted: set[str]) -> None:
    if missing := sorted(wanted - names):
        raise ReleaseFailed(f"{package} lacks {', '.join(missing[:10])}")


def check_same_wheel(sdist: Path, wheel: Path) -> None:
    """Check that the sdist builds a wheel with the files of the checkout's wheel."""
    with tempfile.TemporaryDirectory(prefix="evi-release-") as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        [unpacked] = Path(folder).iterdir()
        again = Path(folder) / "again"
        run([sys.executable, "-m", "build", "--wheel", "--outdir", again, unpacked], unpacked)
        [rebuilt] = again.glob("*.whl")
        ours, theirs = _digests(wheel), _digests(rebuilt)
    differing = sorted(
        name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)
    )
    if differing:
        raise ReleaseFailed(f"the sdist builds another wheel; it differs in {differing[:10]}")
    tell("the sdist builds the same wheel")


def _digests(wheel: Path) -> Mapping[str, str]:
    archive = zipfile.ZipFile(wheel)
    return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


# the package for Node


def node_tarball(out: Path, version: str) -> Path | None:
    """Return the checked package for Node under its name on npm; None where npm is missing."""
    if shutil.which("npm") is None:
        tell("no npm here: the package for Node is left out")
        return None
    packed = DIST / "evi-emulator.tgz"
    if not packed.exists():
        raise ReleaseFailed(f"{shown(packed)} is not there: run `make node-kit`")
    with tarfile.open(packed) as archive:
        names = set(archive.getnames())
        described = archive.extractfile("package/package.json")
        assert described is not None
        found = json.load(described)
    _must_have(shown(packed), names, set(_MUST_HAVE_IN_NODE))
    if (found["version"], found.get("license")) != (version, "MIT"):
        raise ReleaseFailed(f"{shown(packed)} is old: run `make node-kit`")
    named = out / f"evi-emulator-{version}.tgz"
    shutil.copy(packed, named)
    tell(f"built {shown(named)}: {len(names)} files")
    return named


# a user's machine


def check_installed(check: InstallCheck, wheel: Path) -> None:
    """Install the wheel in a fresh environment, and run the README's commands there."""
    steps: Sequence[tuple[str, Callable[[], object]]] = (
        ("the wheel installs without a warning", lambda: check.install(f"{wheel}[audio,tls]")),
        ("every command shows its help", check.show_help),
    )
    try:
        for text, step in steps:
            step()
            tell(text)
        ran, left_out = check.run_readme()
    except AssertionError as failure:
        raise ReleaseFailed(str(failure)) from None
    tell(f"the README's commands: {len(ran)} run")
    for line in left_out:
        tell(f"  not run here: {line}")


if __name__ == "__main__":
    sys.exit(main())
