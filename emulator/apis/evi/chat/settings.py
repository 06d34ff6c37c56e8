"""The effective session settings: the config's, with the client's changes.

Facts: docs/protocol.md#session-settings.
"""

import json
import re
from itertools import islice

from emulator.apis.evi.chat.config import ChatConfig, ToolSpec
from emulator.apis.evi.chat.filling import replaced
from emulator.apis.evi.chat.messages import AudioSettings, SessionSettings
from emulator.jsontext import JsonObject
from emulator.redaction.names import HIDDEN

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MOST_MISSING = 100  # variables of a text that error frames name


class EffectiveSettings:
    """The settings that apply now. Each session settings message changes them."""

    def __init__(self, config: ChatConfig, most_added: int) -> None:
        """Take `most_added`, a bound on the characters that variables add to a text."""
        self._most_added = most_added
        self._template = config.prompt
        self.variables: dict[str, str] = {}
        self.tools = dict(config.tools)
        self.builtin_tools = dict(config.builtin_tools)
        self.custom_session_id: str | None = None
        self.session_id_was_sent = False  # by a message or a language model, after the handshake
        self.prompt_is_own = False  # a message of session settings gave it
        self.model_key: str | None = None  # for a custom language model
        self.audio: AudioSettings | None = None
        self.voice_id: str | None = None
        self._context: str | None = None
        self._context_lasts = False
        self._missing: tuple[str, ...] | None = None

    def apply(self, message: SessionSettings) -> None:
        """Change the settings that the message names, and no others."""
        self._missing = None
        if message.custom_session_id is not None:
            self.custom_session_id = message.custom_session_id
        if message.audio is not None:
            self.audio = message.audio
        if message.voice_id is not None:
            self.voice_id = message.voice_id
        if message.system_prompt is not None:
            self._template = message.system_prompt
            self.prompt_is_own = True
        if message.language_model_api_key is not None:
            self.model_key = message.language_model_api_key
        for name, value in (message.variables or {}).items():
            self.variables[name] = _as_text(value)
        for tool in message.tools or ():
            self.tools[tool.name] = ToolSpec(
                tool.name, tool.parameters, tool.fallback_content, tool.description
            )
        for builtin in message.builtin_tools or ():
            self.builtin_tools[builtin.name] = builtin.fallback_content
        if "context" in message.model_fields_set:
            context = message.context
            self._context = None if context is None else context.text
            self._context_lasts = context is not None and context.type != "temporary"

    @property
    def prompt(self) -> str:
        """Return the system prompt with its variables filled in. Raises TextTooLong."""
        return self.fill_variables(self._template)

    def fill_variables(self, text: str) -> str:
        """Replace each {{name}} that has a value in a text. Raises TextTooLong."""
        if "{{" not in text:
            return text
        return replaced(
            _VARIABLE, text, lambda found: self.variables.get(found[1], found[0]), self._most_added
        )

    def missing_variables(self) -> tuple[str, ...]:
        """Return the prompt's variables without a value, each once; at most MOST_MISSING."""
        if self._missing is None:
            self._missing = self.missing_in(self._template)
        return self._missing

    def missing_in(self, text: str) -> tuple[str, ...]:
        """Return the variables of a text without a value, each once; at most MOST_MISSING."""
        names = dict.fromkeys(found[1] for found in _VARIABLE.finditer(text))
        return tuple(islice((name for name in names if name not in self.variables), MOST_MISSING))

    def take_context(self) -> str | None:
        """Return the context of a user message that comes now; a temporary one is then used up."""
        context = self._context
        if not self._context_lasts:
            self._context = None
        return context

    def fallback_of(self, tool_name: str) -> str | None:
        tool = self.tools.get(tool_name)
        return None if tool is None else tool.fallback_content


def as_recorded(message: SessionSettings) -> str:
    """Return the message as its event shows it: JSON, with each variable as a text.

    Facts: docs/protocol.md#chat-events.
    """
    content: JsonObject = {"type": message.type, **message.model_dump(exclude_unset=True)}
    if message.variables is not None:
        content["variables"] = {name: _as_text(v) for name, v in message.variables.items()}
    if message.language_model_api_key is not None:
        content["language_model_api_key"] = HIDDEN
    return json.dumps(content, ensure_ascii=False)


def _as_text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
