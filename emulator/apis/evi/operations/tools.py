"""User-defined tools (docs/protocol.md#prompts-and-tools)."""

from emulator.api import Call
from emulator.apis.evi.errors import PARAMETERS_INVALID, TOOL_NOT_FOUND
from emulator.apis.evi.operations.versioned import FIXED, Kind, register, render_version
from emulator.apis.evi.state import EviState
from emulator.errors import api_error
from emulator.jsontext import JsonObject, JsonTextError, parse
from emulator.store.versioned import Resource, Version


def new_content(call: Call, previous: Version | None) -> JsonObject:
    """Make a tool version's content. Raises ApiError if its parameters are not a JSON object."""
    body = call.body
    _check_parameters(body["parameters"])
    return {
        "tool_type": "FUNCTION",
        "parameters": body["parameters"],
        "description": body.get("description"),
        "fallback_content": body.get("fallback_content"),
        "version_description": body.get("version_description", ""),
    }


def _check_parameters(text: str) -> None:
    try:
        value = parse(text.encode())
    except JsonTextError as error:
        raise api_error(PARAMETERS_INVALID, why=error.message) from None
    if not isinstance(value, dict):
        raise api_error(PARAMETERS_INVALID, why=f"it holds {text[:40]!r}")


def _render(store: EviState, resource: Resource, version: Version, listed: bool) -> JsonObject:
    return render_version(resource, version, FIXED)


register(Kind("tool", "tools", "Tool", TOOL_NOT_FOUND, True, new_content, _render))
