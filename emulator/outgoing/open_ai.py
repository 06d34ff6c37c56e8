"""The routes of OpenAI-compatible servers."""


def route(base: str, path: str) -> str:
    """Return the URL of a route such as /chat/completions, given any of the usual bases.

    A base is a server's address, that with /v1 after it, or the route itself.
    """
    base = base.rstrip("/")
    if base.endswith(path):
        return base
    return f"{base}{path}" if base.endswith("/v1") else f"{base}/v1{path}"
