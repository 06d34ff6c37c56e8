"""Prompts (docs/protocol.md#prompts-and-tools)."""

from emulator.api import Call
from emulator.apis.evi.errors import PROMPT_NOT_FOUND
from emulator.apis.evi.operations.versioned import FIXED, Kind, register, render_version
from emulator.apis.evi.state import EviState
from emulator.jsontext import JsonObject
from emulator.store.versioned import Resource, Version

DEFAULT_EXPANSION = {"enabled": True}


def new_content(call: Call, previous: Version | None) -> JsonObject:
    return prompt_content(call.body)


def prompt_content(body: JsonObject) -> JsonObject:
    """Make a prompt version's content, from a prompt's body or from the prompt of a config."""
    return {
        "text": body["text"],
        "version_description": body.get("version_description", ""),
        "prompt_expansion": {
            "enabled": body.get("prompt_expansion", {}).get("enabled", True),
        },
    }


def render_prompt(
    resource: Resource, version: Version, listed: bool, version_type: str = FIXED
) -> JsonObject:
    prompt = render_version(resource, version, version_type)
    if listed:  # the schemas of pages lack this field
        del prompt["prompt_expansion"]
    return prompt


def _render(store: EviState, resource: Resource, version: Version, listed: bool) -> JsonObject:
    return render_prompt(resource, version, listed)


register(Kind("prompt", "prompts", "Prompt", PROMPT_NOT_FOUND, False, new_content, _render))
