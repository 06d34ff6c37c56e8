"""The session settings in force: the config's, with what the client has changed (PROTOCOL 13)."""

import json
import re
from collections.abc import Iterator

from emulator.chat.config import ChatConfig, ToolSpec
from emulator.chat.messages import AudioSettings, SessionSettings
from emulator.jsontext import JsonObject
from emulator.redaction.names import HIDDEN

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class SettingsInForce:
    """What counts now, and changes with each session settings message."""

    def __init__(self, config: ChatConfig) -> None:
        self._template = config.prompt
        self.variables: dict[str, str] = {}
        self.tools = dict(config.tools)
        self.builtin_tools = dict(config.builtin_tools)
        self.custom_session_id: str | None = None
        self.audio: AudioSettings | None = None
        self._context: str | None = None
        self._context_lasts = False

    def apply(self, message: SessionSettings) -> None:
        """Change what the message carries, and nothing else."""
        if message.custom_session_id is not None:
            self.custom_session_id = message.custom_session_id
        if message.audio is not None:
            self.audio = message.audio
        if message.system_prompt is not None:
            self._template = message.system_prompt
        for name, value in (message.variables or {}).items():
            self.variables[name] = _as_text(value)
        for tool in message.tools or ():
            self.tools[tool.name] = ToolSpec(tool.name, tool.parameters, tool.fallback_content)
        for builtin in message.builtin_tools or ():
            self.builtin_tools[builtin.name] = builtin.fallback_content
        if "context" in message.model_fields_set:
            context = message.context
            self._context = None if context is None else context.text
            self._context_lasts = context is not None and context.type != "temporary"

    @property
    def prompt(self) -> str:
        """The system prompt with its variables filled in."""
        return self.fill_variables(self._template)

    def fill_variables(self, text: str) -> str:
        """The text with each {{name}} that has a value replaced by it."""
        return _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), text)

    def missing_variables(self) -> Iterator[str]:
        """The variables of the system prompt that have no value, each once."""
        return self.missing_in(self._template)

    def missing_in(self, text: str) -> Iterator[str]:
        """Yield the variables of a text that have no value, each once."""
        for name in dict.fromkeys(_VARIABLE.findall(text)):
            if name not in self.variables:
                yield name

    def take_context(self) -> str | None:
        """The context of a user message that comes now; a temporary one is used up by it."""
        context = self._context
        if not self._context_lasts:
            self._context = None
        return context

    def fallback_of(self, tool_name: str) -> str | None:
        tool = self.tools.get(tool_name)
        return None if tool is None else tool.fallback_content


def as_recorded(message: SessionSettings) -> str:
    """The message as its event shows it: JSON, each variable a text (PROTOCOL 6.7)."""
    content: JsonObject = {"type": message.type, **message.model_dump(exclude_unset=True)}
    if message.variables is not None:
        content["variables"] = {name: _as_text(v) for name, v in message.variables.items()}
    if message.language_model_api_key is not None:
        content["language_model_api_key"] = HIDDEN
    return json.dumps(content, ensure_ascii=False)


def _as_text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
