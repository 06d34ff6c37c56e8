"""The routes of OpenAI-compatible servers."""

from urllib.parse import urlsplit


def route(base: str, path: str) -> str:
    """Return the URL of a route such as /chat/completions, given any of the usual bases.

    A base is a server's address, which has its routes under /v1, an address with the path that
    the routes have instead of /v1, such as /v1beta/openai, or the route itself. Its query is kept.
    """
    place, mark, query = base.partition("?")
    place = place.rstrip("/")
    if not place.endswith(path):
        place = f"{place}{path}" if urlsplit(place).path else f"{place}/v1{path}"
    return f"{place}{mark}{query}"
