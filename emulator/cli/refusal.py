"""Words for an error answer."""

import json


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
    if isinstance(answer.get("detail"), list):
        return "\n".join(
            f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}"
            for problem in answer["detail"]
        )
    if "message" in answer:
        return str(answer["message"])
    if "fault" in answer:
        return str(answer["fault"].get("faultstring"))
    return None
