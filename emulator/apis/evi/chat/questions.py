"""Makes the questions of one chat to its language model."""

from dataclasses import replace

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.history import History
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.model.brain import BUILTIN_TOOLS
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.question import Question, Situation, new_question
from emulator.apis.evi.model.source import ModelSource
from emulator.clock import Clock
from emulator.ids import IdSource


class Questions:
    """Asks for one turn after the other."""

    def __init__(
        self,
        source: ModelSource,
        request: ChatRequest,
        settings: EffectiveSettings,
        history: History,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self.source = source
        self._request = request
        self._settings = settings
        self._history = history
        self._ids = ids
        self._start_ms = clock.now_ms()
        self._prefix: str | None = None
        self.own_ids: dict[str, str] = {}  # the model's ids of tool calls, by the chat's
        self.context: str | None = None  # of the user's turn that is asked about

    def new(self, number: int, instruction: str | None) -> Question:
        """Return the next question; `instruction` takes the place of a user's words.

        Raises TextTooLong if the variables of the prompt add too much.
        """
        settings, quirks = self._settings, self.source.quirks
        is_brain = not self.source.is_custom
        situation = Situation(
            prompt=settings.prompt,
            prompt_is_own=settings.prompt_is_own,
            tools=self._brains_tools() if is_brain else settings.tools,
            session_id=self._session_id(),
            key=settings.model_key,
            context=self.context,
            instruction=instruction,
            instructs_as="user" if is_brain or "greeting_as_user_text" in quirks else "system",
            prefix=None if instruction else self._take_prefix(),
        )
        if instruction and "greeting_prefix_once" in quirks:
            self._prefix = instruction
        return new_question(self._ids.uuid(), number, self.source, self._said(), situation)

    def _brains_tools(self) -> dict[str, ToolSpec]:
        """Return the tools that the brain may call: a config's functions, and built-in ones."""
        settings = self._settings
        known = {
            name: BUILTIN_TOOLS[name] for name in settings.builtin_tools if name in BUILTIN_TOOLS
        }
        return {**known, **settings.tools}

    def _session_id(self) -> str | None:
        settings = self._settings
        ignored = "connect_id_ignored" in self.source.quirks and not settings.session_id_was_sent
        return None if ignored else settings.custom_session_id

    def again(self, question: Question) -> Question:
        """Return the same question once more."""
        return replace(question, id=self._ids.uuid())

    def _take_prefix(self) -> str | None:
        prefix, self._prefix = self._prefix, None
        return prefix

    def _said(self) -> list[Said]:
        group = self._request.resumed_group_id
        if "resume_without_history" in self.source.quirks:
            group = None
        said = self._history.said(self._start_ms, group, self._event_limit())
        return [each.with_ids(self.own_ids) for each in said] if self.own_ids else said

    def _event_limit(self) -> int:
        limit, given = self._request.event_limit, self._request.settings
        if given is None or given.event_limit is None:
            return limit
        return min(limit, given.event_limit)
