"""Has programs reach the emulator that name the service's host: `evi-emulator exec --intercept`.

Python's processes begin with a hook, Node's with a preload, which is the package's for Node
(`make node-kit` puts it here, compiled). For all others there is a proxy.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.errors import StartupError, UsageError
from emulator.extras.interception.proxy import Proxy
from emulator.extras.interception.trust import write_bundles
from emulator.extras.interception.upstream import Upstream, read_upstream
from emulator.redirection.hosts import SERVICE_HOSTS, is_service
from emulator.redirection.startup import NOTES_ENV
from emulator.redirection.target import Target
from emulator.web.certificate import Certificate

NODE_SCRIPTS = Path(__file__).with_name("node")
PYTHON_FOLDER = Path(__file__).with_name("python")
_NODE_OPTIONS, _PYTHON_PATH = "NODE_OPTIONS", "PYTHONPATH"
_PROXY, _NO_PROXY = ("HTTPS_PROXY", "https_proxy"), ("NO_PROXY", "no_proxy")
_ANY_PROXY = ("ALL_PROXY", "all_proxy")  # which clients use where there is no HTTPS_PROXY
_THIS_MACHINE = "localhost,127.0.0.1,::1"
_HOSTS = " or ".join(SERVICE_HOSTS)


class Interception:
    """A redirected program: the environment that it needs, and a report of what was redirected."""

    def __init__(self, environment: dict[str, str], notes: Path) -> None:
        self.environment = environment
        self.proxy: Proxy | None = None
        self._notes = notes

    def summary(self) -> str:
        """Return one line: what was redirected, by what, and what was not."""
        counts, refused = self._read_notes()
        if self.proxy is not None and self.proxy.count:
            counts["the proxy"] = self.proxy.count
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        line = f"redirected from the service: {shown or 'nothing'}"
        if refused:
            line += f"; refused, because they could not be redirected: {refused} (see above)"
        elif not counts:
            line += f"; only programs that name {_HOSTS} are redirected"
        return line

    def _read_notes(self) -> tuple[Counter[str], int]:
        """Return how many requests each library sent, and how many problems were told."""
        pairs = [
            line.split("\t", 1)
            for line in self._notes.read_text(encoding="utf-8", errors="replace").splitlines()
            if "\t" in line
        ]
        counts = Counter(name for kind, name in pairs if kind == "redirected")
        return counts, sum(kind == "refused" for kind, _ in pairs)


@contextmanager
def intercepting(environment: Mapping[str, str], target: Target) -> Iterator[Interception]:
    """Redirect programs that run in the block with the interception's environment.

    They are led to the target, whose address and key the environment has, too.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="evi-emulator-")))
        notes = folder / "redirections"
        notes.touch()
        found = Interception({**with_hooks(environment), NOTES_ENV: str(notes)}, notes)
        try:
            found.proxy = stack.enter_context(_new_proxy(environment, target, folder, found))
        except StartupError as error:
            _tell(f"only programs of Python and Node are redirected: {error}")
        except UsageError as error:  # a proxy of a kind that can't be passed through
            _tell(f"only programs of Python and Node are redirected: {error}")
        yield found


def with_hooks(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose processes of Python and Node begin with the redirection.

    Options and paths that they have already stay.
    """
    path = str(NODE_SCRIPTS / "preload.cjs").replace("\\", "\\\\").replace('"', '\\"')
    options = f'{environment.get(_NODE_OPTIONS, "")} --require "{path}"'.strip()
    paths = [str(PYTHON_FOLDER), environment.get(_PYTHON_PATH, "")]
    return {
        **environment,
        _NODE_OPTIONS: options,
        _PYTHON_PATH: os.pathsep.join(filter(None, paths)),
    }


@contextmanager
def _new_proxy(
    environment: Mapping[str, str], target: Target, folder: Path, found: Interception
) -> Iterator[Proxy]:
    """Serve a proxy, and have the interception's environment name it.

    Raises StartupError without the package for certificates, UsageError for an older proxy that
    can't be passed through.
    """
    upstream = _upstream_of(environment)
    certificate = _new_certificate()
    try:
        bundles = write_bundles(certificate.ca_file, environment, folder)
        with Proxy(target, certificate.chain_file, upstream) as proxy:
            direct = _direct_hosts(environment)
            found.environment.update(bundles)
            found.environment.update(dict.fromkeys(_PROXY, proxy.url))
            found.environment.update(dict.fromkeys(_NO_PROXY, direct))
            yield proxy
    finally:
        certificate.forget()


def _upstream_of(environment: Mapping[str, str]) -> Upstream | None:
    """Return the proxy that programs have used. Raises UsageError for one of another kind."""
    names = _PROXY if _first(environment, _PROXY) else _ANY_PROXY
    return read_upstream(_first(environment, names), names[0])


def _new_certificate() -> Certificate:
    try:
        return Certificate(SERVICE_HOSTS)
    except StartupError:
        why = "the others need the package trustme: pip install 'evi-emulator[tls]'"
        raise StartupError(why) from None


def _direct_hosts(environment: Mapping[str, str]) -> str:
    """Return the hosts that programs reach without a proxy: those of before, and this machine."""
    given = _first(environment, _NO_PROXY)
    named = [name.strip().lstrip(".") for name in given.split(",")]
    if any(name == "*" or is_service(name) or name == "hume.ai" for name in named):
        _tell(
            f"NO_PROXY is {given!r}, so programs that honour it reach the service itself, unless "
            "they are written in Python or for Node"
        )
    return f"{given},{_THIS_MACHINE}" if given else _THIS_MACHINE


def _first(environment: Mapping[str, str], names: tuple[str, str]) -> str:
    capital, small = names
    return environment.get(small) or environment.get(capital, "")


def _tell(text: str) -> None:
    print(f"evi-emulator: {text}", file=sys.stderr)
