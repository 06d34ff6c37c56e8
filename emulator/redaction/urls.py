"""Hides the secrets of URLs."""

import re

_KEYS_IN_URL = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)


def without_keys(url: str) -> str:
    """Return a URL without the credentials in it, and without its query."""
    return _KEYS_IN_URL.sub("", url)
