"""The routes of OpenAI-compatible servers."""


def route(base: str, path: str) -> str:
    """Return the URL of a route such as /chat/completions, given any of the usual bases.

    A base is a server's address, that with /v1 after it, or the route itself. Its query is kept.
    """
    place, mark, query = base.partition("?")
    place = place.rstrip("/")
    if not place.endswith(path):
        place = f"{place}{path}" if place.endswith("/v1") else f"{place}/v1{path}"
    return f"{place}{mark}{query}"
