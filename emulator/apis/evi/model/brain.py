"""The particulars of the brain: how it is told what was said, and how it fails.

Facts: docs/local-models.md.
"""

from collections.abc import Iterable
from dataclasses import replace

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.replies import Failed
from emulator.redaction.urls import without_keys

MODEL_UNKNOWN = "brain_model_unknown"  # a finding
FAILED = "brain_failed"  # an error frame
_LONGEST_PROBLEM = 400  # characters that an error frame has
_HANGS_UP = ToolSpec(
    "hang_up",
    '{"type": "object", "properties": {}}',
    description="Ends the conversation. Call it when the user says goodbye.",
)
_SEARCHES = ToolSpec(
    "web_search",
    '{"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}',
    description="Searches the web.",
)
BUILTIN_TOOLS = {each.name: each for each in (_HANGS_UP, _SEARCHES)}


def as_servers_want(said: Iterable[Said], opening: str) -> list[Said]:
    """Return messages that every server takes.

    Texts of one role that follow each other are joined, and a tool call joins the text before it.
    The user speaks first, if need be by `opening`.
    """
    messages = _merged(said)
    if messages and messages[0].role == "assistant":
        messages.insert(0, Said("user", opening))
    return messages


def _merged(said: Iterable[Said]) -> list[Said]:
    merged: list[Said] = []
    for each in said:
        last = merged[-1] if merged else None
        is_open = last is not None and last.tool_call_id is None and not last.tool_calls
        if last is not None and is_open and last.role == each.role:
            text = f"{last.text} {each.text}".strip()
            merged[-1] = replace(last, text=text, tool_calls=each.tool_calls)
        else:
            merged.append(each)
    return merged


def failure(url: str, status: int | None, problem: str, is_named: bool) -> Failed:
    """Return the failure of a brain, with what to do about it."""
    shown = problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}..."
    hint = _hint(url, status, problem, is_named)
    return Failed(FAILED, f"The brain {without_keys(url)} gave no answer: {shown}.{hint}")


def is_about_model(status: int | None, problem: str, is_named: bool) -> bool:
    """True if a server refused a question since it lacks the model, or got no name of one."""
    return status in (400, 404, 422) and (not is_named or "model" in problem.lower())


def _hint(url: str, status: int | None, problem: str, is_named: bool) -> str:
    if is_about_model(status, problem, is_named):
        models = f"{without_keys(url).removesuffix('/chat/completions')}/models"
        return f" Name a model that it has with --brain-model; {models} lists them."
    if status in (401, 403):
        return " Give its key with --brain-key."
    return " Is the server running?" if status is None else ""
