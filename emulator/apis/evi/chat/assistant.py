"""The assistant's side of a chat: turns, made of steps that are each due at a time."""

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from emulator.apis.evi.chat import frames, improvised
from emulator.apis.evi.chat.channel import Channel, Dropped, SoundWanted, ToolCalled
from emulator.apis.evi.chat.feelings import felt_in
from emulator.apis.evi.chat.filling import Filler, TextTooLong
from emulator.apis.evi.chat.history import History
from emulator.apis.evi.chat.messages import (
    ToolCall,
    ToolError,
    ToolResponse,
    ToolType,
    to_json,
)
from emulator.apis.evi.chat.prosody import ASSISTANT_MOODS, sound_like
from emulator.apis.evi.chat.questions import Questions
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import (
    CallTool,
    Fail,
    Pause,
    Say,
    ScriptRun,
    Step,
    UseBuiltin,
    UserTurn,
    as_text,
)
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.chat.turns import (
    AskModel,
    BuiltinAnswer,
    End,
    Prosody,
    Sentence,
    Sound,
    Source,
    Turn,
    TurnStep,
)
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Failed, Over, Reply, SessionId, ToolWanted, Words
from emulator.audio.sentences import complete_sentences, sentences
from emulator.clock import Clock
from emulator.errors import closest
from emulator.ids import IdSource, derived_random
from emulator.jsontext import JsonObject
from emulator.source_files import short

# How long the assistant takes at the pace of 1: from, to (ms).
THINKING_MS = (600, 1_000)  # before a turn, and after a tool's answer
PROSODY_MS = (80, 180)  # from a sentence to its scores
BETWEEN_SENTENCES_MS = (200, 400)
BUILTIN_TOOL_MS = (700, 1_200)

SILENCE_MS = 57_000  # after which a question with an empty answer is asked again, by a quirk
MOST_SENTENCES = 2_500  # in one answer: each makes several frames and events
_LONGEST_RULES = 1_000  # characters of an error's text that names them

_BLANK = re.compile(r"\{\w+(?:!r)?\}")  # a placeholder of an error's text, which has no value here


class Assistant:
    """Answers, speaks and calls tools, one turn after the other."""

    def __init__(
        self,
        chat_id: str,
        request: ChatRequest,
        settings: EffectiveSettings,
        channel: Channel,
        history: History,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._chat_id = chat_id
        self._config = request.config
        self._pace = request.pace
        self._first_audio_ms = request.first_audio_ms
        self._jitter_ms = request.jitter_ms if request.pace else 0
        self._voiced = request.voiced
        self._find_voice = request.find_voice
        self._inline_prosody = request.inline_prosody
        self._most_added = request.most_added
        self._script = ScriptRun(request.script)
        self._script_use = request.script_use
        self._script_use.begin(request.script)
        self._settings = settings
        self._channel = channel
        self._history = history
        self._clock = clock
        self._ids = ids
        self.questions = (
            None
            if request.model is None
            else Questions(request.model, request, settings, history, clock, ids)
        )
        self._turns: deque[Turn] = deque()
        self._silent: Question | None = None  # to be asked again at `_again_ms`
        self._again_ms = 0
        self._drawn = 0
        self._sounds_wanted = 0
        self._warned: set[str] = set()
        self._timeouts = {  # errors with an end of their own: its status, and its delay (ms)
            "inactivity_timeout": ("INACTIVITY_TIMEOUT", request.config.inactivity_ms or 0),
            "max_duration_timeout": ("MAX_DURATION_TIMEOUT", request.config.max_duration_ms),
        }
        self.paused = False
        self.speaking_until_ms = 0  # when all audio sent so far has been played
        self.quiet_since_ms = 0  # when the last turn ended
        self.calls: dict[str, str] = {}  # ids and names of tool calls that wait for an answer
        self.dropped_calls: set[str] = set()  # calls whose turn was interrupted

    @property
    def is_busy(self) -> bool:
        """True if a turn is under way, or held."""
        return bool(self._turns)

    @property
    def waits_for(self) -> ToolCall | None:
        """Return the tool call that must be answered before the turn goes on."""
        return self._turns[0].waits_for if self._turns else None

    @property
    def due_ms(self) -> int | None:
        """Return when the next step is due, or None."""
        if not self._turns:
            return None if self._silent is None or self.paused else self._again_ms
        turn = self._turns[0]
        is_held = self.paused and turn.source != "event"
        return None if is_held or turn.is_idle else turn.due_ms

    @property
    def waits_for_model(self) -> bool:
        """True if the turn goes on once the language model says more."""
        return bool(self._turns) and self._turns[0].question is not None

    @property
    def is_thinking(self) -> bool:
        """True if nothing can be said before the language model says more."""
        turn = self._turns[0] if self._turns else None
        return turn is not None and turn.question is not None and not turn.steps

    # turns

    def answer(self, turn: UserTurn) -> None:
        """Answer a user turn by the script, else by the model, else as the default assistant."""
        context = turn.context
        values = {"user_text": turn.text, "context": context or ""}
        chosen = self._script.choose(turn)
        if chosen is not None:
            self._script_use.answer(chosen.rule)
            self.add_turn(chosen.rule.steps, "answer", {**values, **chosen.groups})
        elif self._script.script.strict:
            self._script_use.miss(self._chat_id, turn)
            self._no_rule_for(turn)
        elif self.questions is not None:
            self.questions.context = context
            # A quick response is said while the model thinks, which is not told of it.
            asking = AskModel(turn.number)
            self.add_turn([asking, *self._quick_response(turn)], "answer", values)
        else:
            if self._script.script.rules:
                told = self._script_use.miss(self._chat_id, turn)
                self._channel.note(f"{told}; the default assistant answers", "turn_unmatched")
            tools, builtin_tools = self._settings.tools, self._settings.builtin_tools
            steps, more = improvised.reply(turn.text, turn.number, context, tools, builtin_tools)
            self.add_turn([*self._quick_response(turn), *steps], "answer", {**values, **more})

    def add_turn(
        self,
        steps: Sequence[TurnStep],
        source: Source,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """Add a turn after the turns that are under way."""
        self.warn_of_missing(self._settings.missing_variables(), "The system prompt")
        turn = Turn(deque(steps), source, self._thought_ms(steps), dict(values or {}))
        self._turns.append(turn)
        self._silent = None

    @property
    def is_heard(self) -> bool:
        """True if what was said is still being played, in a chat that takes its time."""
        return self._pace > 0 and self._clock.now_ms() < self.speaking_until_ms

    def drop(self, keep: Source | None = None) -> None:
        """Forget what has not been said yet, except turns from the source `keep`."""
        for turn in self._turns:
            if turn.source != keep:
                self._drop_asks(turn)
            if turn.source != keep and turn.waits_for is not None:
                self.calls.pop(turn.waits_for.tool_call_id)
                self.dropped_calls.add(turn.waits_for.tool_call_id)
        self._silent = None
        if self._turns:
            self._turns = deque(turn for turn in self._turns if turn.source == keep)
        self.speaking_until_ms = min(self.speaking_until_ms, self._clock.now_ms())

    def end(self) -> None:
        """Forget all turns; tool calls that wait are never answered."""
        for turn in self._turns:
            self._drop_asks(turn)
        self._turns.clear()
        self._silent = None

    def _drop_asks(self, turn: Turn) -> None:
        if turn.sound_id is not None:
            self._channel.ask(Dropped(turn.sound_id))
            turn.sound_id = None
        if turn.question is not None:
            self._channel.ask(Dropped(turn.question.id))
            turn.question = None

    def take_step(self) -> End | None:
        """Take the step that is due. Returns the end of the chat if the step is one."""
        if self._silent is not None and not self._turns:
            self.add_turn([AskModel(self._silent.number, again=self._silent)], "answer")
        turn = self._turns[0]
        step = turn.steps.popleft() if turn.steps else None
        match step:
            case None | End():
                self._finish(turn)
                return step
            case Say():
                self._say(step, turn)
            case Sentence(text, say):
                if self._can_say(step, turn):
                    self._say_sentence(text, say, turn)
            case Sound():
                self._send_late(step, turn)
            case Prosody():
                self._show(step, turn)
            case AskModel():
                self._ask(step, turn)
            case CallTool():
                self._call(step, turn)
            case UseBuiltin():
                self._use_builtin(step, turn)
            case BuiltinAnswer():
                self._answer_builtin(step, turn)
            case Pause(ms):
                turn.due_ms = self._clock.now_ms() + round(ms * (self._pace or 1))
            case Fail(slug, message):
                return self.fail(slug, message)
        return None

    def _finish(self, turn: Turn) -> None:
        self._turns.popleft()
        now_ms = self._clock.now_ms()
        if turn.spoke:
            self._channel.send(frames.assistant_end())
        self.quiet_since_ms = max(now_ms, self.speaking_until_ms)
        if self._turns:
            self._turns[0].due_ms = max(self._turns[0].due_ms, now_ms)

    def fail(self, slug: str, message: str | None) -> End | None:
        """Send an error frame, or return the end of the chat if the error is one."""
        kind = CHAT_ERRORS[slug]
        if message is None and slug not in self._timeouts:
            message = _BLANK.sub("...", kind.message).replace("{{", "{").replace("}}", "}")
        if kind.ends:
            self.drop()
            status, ms = self._timeouts.get(slug, ("ERROR", 0))
            return End(status, slug, ms // 1000, message)
        self._channel.error(slug, message)
        return None

    def _quick_response(self, turn: UserTurn) -> list[Step]:
        if not self._config.allow_short_responses or self._config.evi_version != "3":
            return []
        words = improvised.QUICK_RESPONSES
        return [Say(words[turn.number % len(words)], quick=True)]

    def _no_rule_for(self, turn: UserTurn) -> None:
        rules = "; ".join(map(str, self._script.script.rules)) or "none"
        if len(rules) > _LONGEST_RULES:
            rules = rules[:_LONGEST_RULES] + "..."
        slug = "script_exhausted" if self._script.is_exhausted else "script_unmatched"
        text = turn.text[:_LONGEST_RULES]
        self._channel.error(slug, turn=turn.number, text=text, rules=rules)

    def warn_of_missing(self, names: Iterable[str], text: str) -> None:
        """Send an error frame, once, for each variable that a text uses and that has no value."""
        for name in names:
            if name not in self._warned:
                self._warned.add(name)
                self._channel.error("variable_missing", text=text, name=name)

    def _in(self, limits_ms: tuple[int, int]) -> int:
        """Return a time from now within the limits (ms), stretched by the pace."""
        if not self._pace:
            return self._clock.now_ms()
        self._drawn += 1
        wait_ms = derived_random("pace", self._chat_id, self._drawn).uniform(*limits_ms)
        return self._clock.now_ms() + round(wait_ms * self._pace)

    def _thought_ms(self, steps: Sequence[TurnStep]) -> int:
        """Return when the assistant has thought before these steps (ms)."""
        first_ms = self._first_audio_ms
        if first_ms is None:
            return self._in(THINKING_MS)
        is_scripted = bool(steps) and isinstance(steps[0], Pause)
        return self._clock.now_ms() + (0 if is_scripted else round(first_ms * self._pace))

    # speech

    def _say(self, say: Say, turn: Turn) -> None:
        text = say.text
        if turn.source == "answer":
            filler = self._filler(turn)
            for placeholder, value in filler.dead_ends(text).items():
                message = f"{placeholder} leads nowhere: the tool answered {short(value)}"
                self._channel.note(message, "placeholder_dead_end")
            try:
                text = filler.fill(self._settings.fill_variables(text))
            except TextTooLong as error:
                self._channel.error("text_too_long", problem=f"the answer: {error}")
                return
        said = sentences(text)
        if len(said) > MOST_SENTENCES:
            problem = f"an answer has at most {MOST_SENTENCES} sentences, got {len(said)}"
            self._channel.error("text_too_long", problem=problem)
        for sentence in reversed(said[:MOST_SENTENCES]):
            turn.steps.appendleft(Sentence(sentence, say))

    def _filler(self, turn: Turn) -> Filler:
        return Filler({} if turn.is_models else turn.values, self._most_added)

    def _can_say(self, sentence: Sentence, turn: Turn) -> bool:
        """True if the sentence has a sound; else it is asked for, and the turn waits."""
        if not turn.is_prepared:
            sound = self._find_voice(self._settings.voice_id).unprepared(sentence.text)
            if sound is not None:
                turn.steps.appendleft(sentence)
                turn.sound_id = f"sound {self._sounds_wanted}"
                self._sounds_wanted += 1
                self._channel.ask(SoundWanted(turn.sound_id, sound))
                return False
        turn.is_prepared = False
        return True

    def hear_voice(self, sound_id: str) -> None:
        """Say a sentence whose sound has been made, or could not be."""
        for turn in self._turns:
            if turn.sound_id == sound_id:
                turn.sound_id, turn.is_prepared = None, True
                turn.due_ms = max(turn.due_ms, self._clock.now_ms())

    def _say_sentence(self, text: str, say: Say, turn: Turn) -> None:
        event_id = self._ids.uuid()
        message_id = event_id.replace("-", "")
        mood = say.mood or self._script.script.mood or felt_in(text)
        scores = sound_like(mood, ASSISTANT_MOODS, event_id)
        from_text = turn.source == "input"
        inline = scores if self._inline_prosody else None
        self._channel.send(frames.assistant_message(message_id, text, from_text, say.quick, inline))
        features = scores.to_features()
        self._history.add("AGENT_MESSAGE", text, features, id=event_id)
        turn.spoke = True
        turn.steps.appendleft(Prosody(message_id, event_id, scores, features))
        turn.due_ms = self._in(PROSODY_MS)
        self._voice(text, message_id, turn)

    def _voice(self, text: str, message_id: str, turn: Turn) -> None:
        voice = self._find_voice(self._settings.voice_id)
        begin_ms = max(self._clock.now_ms(), self.speaking_until_ms)
        self.speaking_until_ms = begin_ms + round(voice.speech_ms(text) * (self._pace or 1))
        if not self._voiced:
            return
        chunks = enumerate(voice.wav_chunks(text))
        if self._jitter_ms:
            late = [Sound(message_id, index, data) for index, data in chunks]
            turn.steps.extendleft(reversed(late))
            turn.due_ms = self._jittered_ms()
        else:
            for index, data in chunks:
                self._channel.send(frames.audio_output(message_id, index, data))

    def _send_late(self, sound: Sound, turn: Turn) -> None:
        """Send a chunk of sound; the next, or the sentence's scores, come a little later."""
        self._channel.send(frames.audio_output(sound.message_id, sound.index, sound.data))
        is_last = isinstance(turn.steps[0], Prosody)
        turn.due_ms = self._in(PROSODY_MS) if is_last else self._jittered_ms()

    def _jittered_ms(self) -> int:
        """Return when a chunk of sound comes that is due now (ms)."""
        self._drawn += 1
        place = ("jitter", self._chat_id, self._drawn)
        return self._clock.now_ms() + round(derived_random(*place).uniform(0, self._jitter_ms))

    def _show(self, step: Prosody, turn: Turn) -> None:
        if not self._inline_prosody:
            self._channel.send(frames.assistant_prosody(step.message_id, step.scores))
        self._history.add(
            "ASSISTANT_PROSODY", emotion_features=step.features, related_event_id=step.event_id
        )
        turn.due_ms = self._in(BETWEEN_SENTENCES_MS)

    # the language model

    def _ask(self, step: AskModel, turn: Turn) -> None:
        assert self.questions is not None, "only a chat with a model asks"
        turn.found, turn.was_asked_again = 0, step.again is not None
        turn.is_models = True
        try:
            if step.again is not None:
                turn.question = self.questions.again(step.again)
            else:
                turn.question = self.questions.new(step.number, step.instruction)
        except TextTooLong as error:
            self._channel.error("text_too_long", problem=f"the system prompt: {error}")
        else:
            self._channel.ask(turn.question)

    def hear_model(self, question_id: str, reply: Reply) -> End | None:
        """Take what the language model says. Returns the end of the chat if the reply is one."""
        turn = next((each for each in self._turns if _is_about(each, question_id)), None)
        if turn is None or turn.question is None:
            return None  # the turn was interrupted
        turn.due_ms = max(turn.due_ms, self._clock.now_ms())
        match reply:
            case Words(text):
                whole, turn.unspoken = complete_sentences(turn.unspoken + text)
                if whole:
                    self._find(whole, turn)
            case SessionId(id):
                self._settings.custom_session_id = id
                self._settings.session_id_was_sent = True
            case ToolWanted(name, arguments, id):
                number = turn.question.number
                self._say_rest(turn)
                turn.steps += (self._tool_step(name, arguments), AskModel(number))
                turn.models_call_id = id
                turn.found += 1
            case Over():
                self._say_rest(turn)
                question, turn.question = turn.question, None
                turn.spoke = True  # assistant_end comes in any case
                if not turn.found and not turn.was_asked_again:
                    self._ask_again_later(question)
            case Failed(slug, message, ends_chat):
                begun = (each for each in turn.steps if isinstance(each, Sound | Prosody))
                turn.steps = deque(begun)  # what is left of the sentence that was just said
                turn.question, turn.unspoken = None, ""
                self._channel.error(slug, message)
                return End("ERROR") if ends_chat else None
        return None

    def _tool_step(self, name: str, arguments: JsonObject) -> CallTool | UseBuiltin:
        is_builtin = name in self._settings.builtin_tools and name not in self._settings.tools
        return UseBuiltin(name, arguments) if is_builtin else CallTool(name, arguments)

    def _say_rest(self, turn: Turn) -> None:
        rest, turn.unspoken = turn.unspoken.strip(), ""
        self._find(sentences(rest) if rest else (), turn)

    def _find(self, said: Sequence[str], turn: Turn) -> None:
        """Let sentences of the model be said; of too many only the first."""
        before, turn.found = turn.found, turn.found + len(said)
        if turn.found > MOST_SENTENCES >= before:
            problem = f"an answer has at most {MOST_SENTENCES} sentences"
            self._channel.error("text_too_long", problem=problem)
        for sentence in said[: max(0, MOST_SENTENCES - before)]:
            turn.steps.append(Sentence(sentence, Say(sentence)))

    def _ask_again_later(self, question: Question) -> None:
        """Plan to ask once more what was answered with silence, unless somebody speaks before."""
        if "retry_after_silence" in question.source.quirks:
            self._silent, self._again_ms = question, self._clock.now_ms() + SILENCE_MS

    # tools

    def _call(self, step: CallTool, turn: Turn) -> None:
        turn.waits_for = call = self._new_call(step.name, step.parameters, "function", turn)
        self.calls[call.tool_call_id] = call.name
        self._channel.send(to_json(call))
        self._channel.tell(ToolCalled(self._clock.now_ms(), call))

    def _new_call(
        self, name: str, parameters: Mapping[str, object], tool_type: ToolType, turn: Turn
    ) -> ToolCall:
        try:
            arguments = self._filler(turn).fill_all(dict(parameters))
        except RecursionError:  # a script in Python may nest to any depth
            arguments = {}
        except TextTooLong as error:
            self._channel.error("text_too_long", problem=f"the arguments of {name}: {error}")
            arguments = {}
        call = ToolCall(
            name=name,
            parameters=json.dumps(arguments, ensure_ascii=False),
            tool_call_id=f"call_{self._ids.secret()[:24]}",
            tool_type=tool_type,
            response_required=tool_type == "function",
            custom_session_id=self._settings.custom_session_id,
        )
        self._history.function_call(call)
        if turn.models_call_id and self.questions is not None:
            self.questions.own_ids[call.tool_call_id] = turn.models_call_id
            turn.models_call_id = ""
        return call

    def receive_result(self, answer: ToolResponse | ToolError) -> None:
        """Continue the turn that waits for this answer; an error's result is the fallback.

        Its `error` is for developers: neither the user nor the language model sees it
        (docs/protocol.md#tool-calls).
        """
        turn = next((turn for turn in self._turns if _waits_for(turn, answer)), None)
        if turn is None or turn.waits_for is None:
            hint = closest(answer.tool_call_id, list(self.calls))
            self._channel.error("tool_call_unknown", id=answer.tool_call_id, hint=hint)
            return
        result = answer.content
        if isinstance(answer, ToolError) and result is None:
            fallback = self._settings.fallback_of(turn.waits_for.name)
            result = improvised.TOOL_FAILED if fallback is None else fallback
        self._take_result(result or "", turn)
        del self.calls[answer.tool_call_id]
        turn.waits_for = None
        turn.due_ms = self._thought_ms(turn.steps)

    def _take_result(self, result: str, turn: Turn) -> None:
        self._history.add("FUNCTION_CALL_RESPONSE", result)
        turn.values["tool_result"] = result

    def _use_builtin(self, step: UseBuiltin, turn: Turn) -> None:
        call = self._new_call(step.name, step.parameters, "builtin", turn)
        if step.name == "hang_up":
            turn.steps.appendleft(End("USER_ENDED"))
        else:
            turn.steps.appendleft(BuiltinAnswer(call, step))
            turn.due_ms = self._in(BUILTIN_TOOL_MS)

    def _answer_builtin(self, answer: BuiltinAnswer, turn: Turn) -> None:
        call, step = answer.call, answer.step
        if step.error is None:
            result = step.result or improvised.search_result(call.parameters)
            try:
                content = as_text(self._filler(turn).fill_all(result))
            except TextTooLong as error:
                self._channel.error("text_too_long", problem=f"the result: {error}")
                content = improvised.TOOL_FAILED
            self._channel.send(
                to_json(
                    ToolResponse(
                        tool_call_id=call.tool_call_id,
                        content=content,
                        tool_name=call.name,
                        tool_type="builtin",
                    )
                )
            )
        else:
            content = self._settings.builtin_tools.get(call.name) or improvised.TOOL_FAILED
            self._channel.send(
                to_json(
                    ToolError(
                        tool_call_id=call.tool_call_id,
                        error=step.error,
                        content=self._settings.builtin_tools.get(call.name),
                        tool_type="builtin",
                    )
                )
            )
        self._take_result(content, turn)
        turn.due_ms = self._thought_ms(turn.steps)


def _is_about(turn: Turn, question_id: str) -> bool:
    return turn.question is not None and turn.question.id == question_id


def _waits_for(turn: Turn, answer: ToolResponse | ToolError) -> bool:
    return turn.waits_for is not None and turn.waits_for.tool_call_id == answer.tool_call_id
