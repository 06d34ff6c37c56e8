"""The cases of a check: what each one sends, and what it expects of the server.

Facts: docs/protocol.md#custom-language-models.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from emulator.apis.evi.model.check.conversations import (
    WEATHER,
    answered,
    long_chat,
    spoken,
    tool_result,
    typed,
)
from emulator.apis.evi.model.check.exchange import Exchange
from emulator.apis.evi.model.check.frame_form import check_frames
from emulator.apis.evi.model.check.results import WARN, Problem
from emulator.apis.evi.model.check.stream_form import check_stream
from emulator.apis.evi.model.check.talk import Talk
from emulator.apis.evi.model.question import GREETING_REQUEST
from emulator.apis.evi.model.source import EVENT_STREAM, SOCKET

_HELLO = "Hello, who are you?"
_OWN_SESSION_ID = "evi-emulator-check"
_WRONG_KEY = "not-the-key-of-this-server"
_STATUSES_WITHOUT_WORDS = (204, 400, 422)  # of servers that refuse an empty text on purpose
_MUCH_LATER_MS = 1_000  # than without an interruption
_PROVIDERS_MARK = "fp_"


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation: `run` asks it, in one of `forms`; in another one it is left out.

    If `not_in_form` says why, it is skipped there instead.
    """

    name: str
    sends: str
    expects: str
    run: Callable[[Talk], Awaitable[None]]
    forms: tuple[str, ...] = (EVENT_STREAM, SOCKET)
    not_in_form: str | None = None


async def _url(talk: Talk) -> None:
    source = talk.target.source
    path = urlsplit(source.url).path
    if source.form == EVENT_STREAM and not path.endswith("/chat/completions"):
        talk.problems.append(
            Problem(
                WARN,
                "a path that ends in /chat/completions",
                path or "no path",
                "serve the model at such a path: the platform takes no other URL for this form",
            )
        )


async def _typed(talk: Talk) -> None:
    talk.want_words(await talk.ask(typed(_HELLO)))


async def _spoken(talk: Talk) -> None:
    talk.want_words(await talk.ask(spoken("I am so glad that this works!")))


async def _greeting(talk: Talk) -> None:
    greeting = await talk.ask(instruction=GREETING_REQUEST)
    if talk.want_words(greeting):
        said = (answered(greeting.text), typed(_HELLO, 3_000))
        talk.want_words(await talk.ask(*said, prefix=GREETING_REQUEST))


async def _assistant_first(talk: Talk) -> None:
    talk.want_words(await talk.ask(answered("Welcome back!"), typed(_HELLO, 2_000)))


async def _duplicate(talk: Talk) -> None:
    talk.want_words(await talk.ask(spoken(_HELLO), quirks=("duplicate_last_message",)))


async def _empty(talk: Talk) -> None:
    exchange = await talk.ask(typed(""))
    status = exchange.report.status
    if exchange.has_failed and status in _STATUSES_WITHOUT_WORDS:
        talk.problems.append(
            Problem(
                WARN,
                "status 200 with a stream, which may be silent",
                exchange.got(),
                "answer with [DONE] alone to say nothing: this status gives the chat an error",
            )
        )
        return
    talk.take_problems(exchange)
    if not exchange.has_failed and not exchange.text:
        talk.note = "the server says nothing, as it may"


async def _long_history(talk: Talk) -> None:
    talk.want_words(await talk.ask(*long_chat()))


async def _tools(talk: Talk) -> None:
    question = typed("What is the weather in Oslo? Ask your tool, please.")
    tools = {WEATHER.name: WEATHER}
    asked = await talk.ask(question, tools=tools)
    call = asked.tool
    if call is None:
        if talk.want_words(asked):
            talk.skipped = "not used: the server answered without the tool that was offered"
        return
    talk.take_problems(asked)
    if call.name not in tools:
        talk.fail(
            f"a call of {WEATHER.name}, the only tool that was offered",
            f"a call of {call.name}",
            "call tools of the request's `tools` only; run your own inside the server",
        )
        return
    talk.want_words(await talk.ask(*tool_result(question, call), tools=tools))


async def _interruption(talk: Talk) -> None:
    question = typed("Please count from one to a hundred, in words.")
    first = await talk.interrupt(question)
    if not first.was_left:
        talk.want_words(first)
        return
    again = (question, answered("One, two"), typed("Stop. What did I just ask you?", 4_000))
    second = await talk.ask(*again)
    if not talk.want_words(second):
        return
    usual_ms, late_ms = first.first_token_ms or 0, second.first_token_ms or 0
    if late_ms > usual_ms + _MUCH_LATER_MS:
        talk.problems.append(
            Problem(
                WARN,
                f"the next answer to begin about as fast as the interrupted one ({usual_ms} ms)",
                f"its first words after {late_ms} ms",
                "stop an answer once its connection is closed, or the next message comes: it "
                "holds up the next one",
            )
        )


async def _session_id(talk: Talk) -> None:
    first = await talk.ask(typed(_HELLO))
    if not talk.want_words(first):
        return
    if first.session_id is not None:
        _check_provider(talk, first.session_id)
        second = await talk.ask(typed("And once more."))
        if not talk.want_words(second):
            return
        if second.session_id not in (None, first.session_id):
            talk.fail(
                f"the session id that the server has set, {first.session_id!r}, again",
                f"another one, {second.session_id!r}",
                f"keep the id that comes as {_where(talk)}: it names the chat",
            )
            return
    given = await talk.ask(typed(_HELLO), session_id=_OWN_SESSION_ID)
    if talk.want_words(given):
        _check_given(talk, first, given)


def _check_provider(talk: Talk, session_id: str) -> None:
    if session_id.startswith(_PROVIDERS_MARK):
        talk.problems.append(
            Problem(
                WARN,
                "no system_fingerprint, or the session's id in it",
                session_id,
                "remove the provider's system_fingerprint from chunks that you pass on: it "
                "becomes the chat's custom session id",
                "model_fingerprint_leaked",
            )
        )


def _check_given(talk: Talk, first: Exchange, given: Exchange) -> None:
    is_kept = given.session_id in (None, _OWN_SESSION_ID)
    if not is_kept:
        talk.problems.append(
            Problem(
                WARN,
                f"the session id that the client has set, {_OWN_SESSION_ID!r}, to stay",
                f"another one, {given.session_id!r}",
                f"set an id only where none comes as {_where(talk)}",
            )
        )
    elif first.session_id is not None:
        talk.note = "the server sets an id, and keeps one that a client has set"
    else:
        talk.note = "the server sets no id, and keeps one that a client has set"


def _where(talk: Talk) -> str:
    is_socket = talk.target.source.form == SOCKET
    return "custom_session_id of the message" if is_socket else "custom_session_id of the query"


async def _wrong_key(talk: Talk) -> None:
    if talk.target.key is None:
        talk.skipped = "no key was given; name it with --key if the server asks for one"
        return
    for key, whose in ((_WRONG_KEY, "with a wrong key"), (None, "without a key")):
        exchange = await talk.ask_with_key(key, typed(_HELLO))
        status = exchange.report.status
        if status == 403:
            level, hint = WARN, "401 says more plainly that the key is wrong"
            talk.problems.append(Problem(level, f"status 401 {whose}", "status 403", hint))
        elif status != 401:
            got = exchange.got() if exchange.has_failed else f"status {status}, and an answer"
            hint = "compare the Authorization header, Bearer and the key, before all else"
            talk.fail(f"status 401 {whose}", got, hint)


CASES = (
    Case("url", "nothing: looks at the URL", "a URL that the platform takes", _url),
    Case(
        "stream",
        "a typed message, and reads each line of the answer",
        "text/event-stream, lines of data, [DONE]",
        check_stream,
        (EVENT_STREAM,),
    ),
    Case(
        "frames",
        "a typed message, and reads each frame of the answer",
        "assistant_input, then one assistant_end; the socket stays open",
        check_frames,
        (SOCKET,),
    ),
    Case("typed", "a typed message, without scores", "words", _typed),
    Case("spoken", "a spoken message, with all 48 scores", "words", _spoken),
    Case(
        "greeting",
        f"{GREETING_REQUEST!r} in the user's place, then once more before the user's words",
        "words, twice",
        _greeting,
    ),
    Case("assistant_first", "a history that begins with the assistant", "words", _assistant_first),
    Case("duplicate", "the user's message twice in one request", "words", _duplicate),
    Case("empty", "a message without text", "words, or a silent answer", _empty),
    Case("long_history", "200 messages, more than 128 KB", "words", _long_history),
    Case(
        "tools",
        "a tool, and its result if the server calls it",
        "one call of the tool that is offered, then words",
        _tools,
        (EVENT_STREAM,),
        "no tools are known of this form",
    ),
    Case(
        "interruption",
        "a question whose answer is left at its first words, then another",
        "the second one answered, and as fast",
        _interruption,
    ),
    Case(
        "session_id",
        "the session id that the server sets, then one of the client's",
        "both kept",
        _session_id,
    ),
    Case(
        "wrong_key",
        "a wrong key, then none",
        "status 401",
        _wrong_key,
        (EVENT_STREAM,),
        "a server of this form gets no key; put a token into the URL's query",
    ),
)
