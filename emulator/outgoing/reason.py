"""Why a webhook got no answer, in words."""


def reason(problem: Exception) -> str:
    """Return the kind of the problem and its text in one line."""
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}".removesuffix(": ")[:500]
