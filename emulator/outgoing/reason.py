"""Why no answer came, in words."""

from socket import gaierror


def reason(problem: Exception) -> str:
    """Return the kind of the problem and its text in one line."""
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}".removesuffix(": ")[:500]


def why_unreachable(problem: Exception) -> str:
    """Return the reason, with what to do about a host whose name leads nowhere."""
    hint = "; --map-url FROM=TO leads its URL elsewhere, such as to this machine"
    is_unknown = isinstance(getattr(problem, "os_error", problem), gaierror)
    return reason(problem) + (hint if is_unknown else "")
