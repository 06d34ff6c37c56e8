"""Hides the values of credentials in command lines."""

import re
import shlex
from collections.abc import Iterator, Sequence

from emulator.redaction.names import HIDDEN, SCHEME, is_secret_name
from emulator.redaction.values import hide_in_string

_NAMED = re.compile(r"(-*[\w.-]+)(=|:\s*)(.+)", re.DOTALL)  # --token=x, TOKEN=x, 'X-Token: x'
_WITHIN = re.compile(r"([\w.-]+(?:=|:\s*)|--?[\w-]+\s+)\S+")  # in the script of `sh -c`


def hide_in_command(command: str) -> str:
    """Return a command line, as `shlex.join` makes it, without the values of credentials.

    They are hidden in flags such as `--api-key VALUE` and `--token=VALUE`, in variables, in headers
    and in URLs. A text that no shell could split is only searched for URLs.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return hide_in_string(command)
    return shlex.join(_hidden(words)) if words else command


def _hidden(words: Sequence[str]) -> Iterator[str]:
    is_value = False  # of a flag that is a credential's
    for word in words:
        if is_value and not word.startswith("-"):
            yield HIDDEN
            is_value = False
            continue
        is_value = word.startswith("-") and "=" not in word and is_secret_name(word)
        yield _in_word(word)


def _hidden_within(found: re.Match[str]) -> str:
    return f"{found[1]}{HIDDEN}" if is_secret_name(found[1]) else found[0]


def _in_word(word: str) -> str:
    named = _NAMED.fullmatch(word)
    if named is None or not is_secret_name(named[1]):
        return hide_in_string(_WITHIN.sub(_hidden_within, word))
    scheme = SCHEME.match(named[3])
    return f"{named[1]}{named[2]}{scheme[0] if scheme else ''}{HIDDEN}"
