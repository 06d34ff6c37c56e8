"""One case's conversation with a custom language model, and what the case finds."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.model import event_stream_call
from emulator.apis.evi.model.check.exchange import Exchange
from emulator.apis.evi.model.check.results import FAIL, Problem
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.question import Situation, new_question
from emulator.apis.evi.model.replies import Enough, Reply, Words
from emulator.apis.evi.model.report import Report
from emulator.apis.evi.model.socket_call import ModelSocket
from emulator.apis.evi.model.source import SOCKET, ModelSource
from emulator.outgoing.http_client import HttpClient

_CHAT_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is checked: `url` is where questions go, `source.url` as it was given."""

    client: HttpClient
    source: ModelSource
    url: str
    key: str | None = None


@dataclass(slots=True)
class Talk:
    """Asks, and collects what is wrong. Findings with `ignored` codes are another case's."""

    target: Target
    ignored: Collection[str] = ()
    exchanges: list[Exchange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: str | None = None
    note: str | None = None
    first_token_ms: int | None = None
    _socket: ModelSocket | None = None
    _known_session_id: str | None = None

    async def ask(
        self,
        *said: Said,
        session_id: str | None = None,
        tools: Mapping[str, ToolSpec] | None = None,
        instruction: str | None = None,
        prefix: str | None = None,
        quirks: Collection[str] = (),
    ) -> Exchange:
        """Ask one question of the conversation, and return the whole answer.

        The session id is the given one, else the one that the server has set before.
        """
        situation = Situation(
            prompt="",
            prompt_is_own=False,
            tools=tools or {},
            session_id=session_id or self._known_session_id,
            key=self.target.key,
            instruction=instruction,
            prefix=prefix,
        )
        return await self._ask(said, situation, quirks)

    async def ask_with_key(self, key: str | None, *said: Said) -> Exchange:
        """Ask as somebody with another key, or with none."""
        return await self._ask(said, Situation("", False, {}, key=key))

    async def interrupt(self, *said: Said) -> Exchange:
        """Ask, and close the connection at the first words, as at an interruption."""
        situation = Situation("", False, {}, key=self.target.key)
        return await self._ask(said, situation, leaves=True)

    def want_words(self, exchange: Exchange) -> bool:
        """True if the answer has words; otherwise that is a problem."""
        self.take_problems(exchange)
        if not exchange.has_failed and not exchange.text:
            self.fail(
                "words in delta.content" if self._is_stream else "words in assistant_input",
                "an answer without a word",
                "answer with text: the user would hear nothing",
                "model_silent",
            )
        return bool(exchange.text) and not exchange.has_failed

    def take_problems(self, exchange: Exchange) -> None:
        """Take what is wrong with an answer, whatever it says."""
        self.problems += exchange.problems(self.ignored)

    def fail(self, expected: str, got: str, hint: str, code: str | None = None) -> None:
        self.problems.append(Problem(FAIL, expected, got, hint, code))

    def close(self) -> None:
        """Close the conversation's connection, if it has one."""
        if self._socket is not None:
            self._socket.close()

    @property
    def _is_stream(self) -> bool:
        return self.target.source.form != SOCKET

    async def _ask(
        self,
        said: tuple[Said, ...],
        situation: Situation,
        quirks: Collection[str] = (),
        leaves: bool = False,
    ) -> Exchange:
        source, number = replace(self.target.source, quirks=quirks), len(self.exchanges) + 1
        question = new_question(f"check-{number}", number, source, said, situation)
        report = Report(_CHAT_ID, question, self.target.url)
        exchange = Exchange(report, is_first=number == 1)
        self.exchanges.append(exchange)

        def hear(reply: Reply) -> None:
            exchange.take(reply)
            if leaves and isinstance(reply, Words):
                exchange.was_left = True
                raise Enough

        with suppress(Enough):
            if self._is_stream:
                await event_stream_call.ask(self.target.client, question, report, hear)
            else:
                self._socket = self._socket or ModelSocket(self.target.client)
                await self._socket.ask(question, report, hear)
        self._known_session_id = exchange.session_id or self._known_session_id
        if self.first_token_ms is None:
            self.first_token_ms = exchange.first_token_ms
        return exchange
