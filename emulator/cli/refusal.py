"""Words for an error answer."""

import json
from typing import Any


def refusal_text(text: str) -> str | None:
    """Return the words of an error answer's body, with a line for each problem of a 422.

    Returns None if it has none of the shapes in which an emulator refuses.
    """
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    detail, fault = answer.get("detail"), answer.get("fault")
    if isinstance(detail, list):
        return "\n".join(map(_problem, detail))
    if "message" in answer:
        return str(answer["message"])
    if isinstance(fault, dict) and "faultstring" in fault:
        return str(fault["faultstring"])
    return None


def _problem(problem: Any) -> str:
    """Return one problem of a 422 in words; as it is, if a stub or another server made it."""
    if not isinstance(problem, dict) or "msg" not in problem:
        return str(problem)
    loc = problem.get("loc")
    place = ".".join(map(str, loc[1:])) if isinstance(loc, list) else ""
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
