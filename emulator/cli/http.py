"""The client of commands that talk to a running emulator."""

import argparse
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from emulator.cli.parser import add_ca_flag
from emulator.cli.refusal import refusal_text
from emulator.credentials import DEFAULT_KEY
from emulator.errors import EmulatorError, UsageError
from emulator.ready import direct_opener

_TIMEOUT_S = 60


def add_server_flags(parser: argparse.ArgumentParser, default: str | None, help: str) -> None:
    """Add `--url`, `--ca` and `--api-key`, which choose an emulator and one of its worlds."""
    parser.add_argument("--url", default=default, help=help)
    add_ca_flag(parser)
    parser.add_argument(
        "--api-key",
        dest="key",
        default=DEFAULT_KEY,
        help="the world's key (default any)",
        metavar="KEY",
    )


class Refused(EmulatorError):
    """The emulator answered with an error."""


class Remote:
    """The world of an API key, in an emulator that runs at a URL."""

    def __init__(
        self,
        url: str,
        api_key: str,
        ca_file: str | None = None,
        flag: str = "--url",
        is_quiet: bool = False,
    ) -> None:
        """Take the URL; `flag` is how the command names it. No journal has what is quiet."""
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{flag} must start with http:// or https://, got {url!r}")
        self.url = url.rstrip("/")
        self._flag = flag
        self._headers = {"X-Hume-Api-Key": api_key, "Content-Type": "application/json"}
        if is_quiet:
            self._headers["X-EVI-Emulator-Quiet"] = "1"
        self._opener = direct_opener(ca_file)

    def call(self, method: str, path: str, body: Any = None, more_s: float = 0) -> Any:
        """Return the JSON answer, if there is one; it may take `more_s` longer than usual.

        Raises Refused, with the answer's text, unless it is a 2xx, and EmulatorError without an
        answer.
        """
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self.exchange(method, path, data, more_s)
            return None if method == "DELETE" else json.loads(answer)
        except ValueError as error:
            raise self._no_emulator(error) from None

    def exchange(
        self, method: str, path: str, data: bytes | None = None, more_s: float = 0
    ) -> bytes:
        """Send and return bodies as bytes; otherwise as `call` does."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=data,
            headers=self._headers,
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S + more_s) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise Refused(_refusal(error)) from None
        except (OSError, ValueError, HTTPException) as error:
            raise self._no_emulator(error) from None

    def _no_emulator(self, error: Exception) -> EmulatorError:
        reason = getattr(error, "reason", error)
        return EmulatorError(
            f"no emulator answers at {self.url}: {reason}; start one with "
            f"`evi-emulator serve`, or say where it is with {self._flag}"
        )


def _refusal(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    return refusal_text(text) or f"{error.code}: {text[:500]}"
