"""A check of a custom language model: what passes, and what each mistake is called."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from emulator.apis.evi.chat.prosody import EMOTIONS
from emulator.apis.evi.model.check.cases import CASES
from emulator.apis.evi.model.check.checker import check
from emulator.apis.evi.model.check.results import FAIL, PASS, SKIPPED, WARN
from emulator.apis.evi.model.question import GREETING_REQUEST
from emulator.errors import UsageError
from emulator.settings import Settings
from tests.apis.evi.model.check.servers import (
    Body,
    checked,
    chunk,
    hello,
    refusing,
    result,
    serving,
    streaming,
    talking,
)

DONE = "data: [DONE]\n\n"


def test_a_good_server_passes_all() -> None:
    """All cases of its form, in the table's order."""
    report = checked(streaming(hello))
    assert [each.name for each in report.results] == [
        case.name for case in CASES if case.name != "frames"
    ]
    levels = {each.name: each.level for each in report.results}
    assert {name for name, level in levels.items() if level != PASS} == {"tools", "wrong_key"}
    assert {levels["tools"], levels["wrong_key"]} == {SKIPPED}
    assert report.failed == []
    timed = {each.name for each in report.results if each.first_token_ms is not None}
    assert timed == levels.keys() - {"url", "wrong_key"}


def test_what_is_sent() -> None:
    """The request has what EVI sends; each case changes what it is about."""
    seen: list[Body] = []
    sizes: list[int] = []

    async def note(body: Body, request: web.Request) -> AsyncIterator[str]:
        seen.append(body)
        sizes.append(request.content_length or 0)
        async for line in hello(body, request):
            yield line

    names = ["typed", "spoken", "greeting", "assistant_first", "duplicate", "empty", "long_history"]
    checked(streaming(note), names)
    typed, spoken, greeting, after, assistant_first, duplicate, empty, long = (
        each["messages"] for each in seen
    )
    assert all(set(each) == {"messages", "model", "stream"} for each in seen)
    assert typed[0]["models"] == {"prosody": None}
    assert set(spoken[0]["models"]["prosody"]["scores"]) == set(EMOTIONS)
    assert [each["content"] for each in greeting] == [GREETING_REQUEST]
    assert after[-1]["content"].startswith(f"{GREETING_REQUEST} ")
    assert [each["role"] for each in assistant_first] == ["assistant", "user"]
    assert len(duplicate) == 2
    assert duplicate[0] == duplicate[1]
    assert [each["content"] for each in empty] == [""]
    assert len(long) == 200
    assert long[0]["role"] == "assistant"
    assert long[-1]["role"] == "user"
    assert sizes[-1] > 128 * 1024


async def _without_done(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield chunk({"content": "Hello."})


async def _broken_line(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield "data: {oops\n\n"
    yield chunk({"content": "Hello."}) + DONE


async def _bare_json(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield '{"choices": []}\n'
    yield chunk({"content": "Hello."}) + DONE


async def _no_last_line(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield chunk({"content": "Hello."}) + "data: [DONE]"


async def _more_after_done(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield chunk({"content": "Hello."}) + DONE + chunk({"content": "Too late."})


async def _whole_message(body: Body, request: web.Request) -> AsyncIterator[str]:
    yield f"data: {json.dumps({'choices': [{'message': {'content': 'Hello.'}}]})}\n\n{DONE}"


@pytest.mark.parametrize(
    ("lines", "level", "code", "got"),
    [
        (_without_done, WARN, "model_done_missing", "the end of the stream"),
        (_broken_line, WARN, None, "{oops"),
        (_bare_json, FAIL, "model_line_broken", '1 other line, such as {"choices": []}'),
        (_no_last_line, WARN, None, "none after the last one, [DONE]"),
        (_more_after_done, WARN, None, "Too late."),
        (_whole_message, WARN, None, "1 other event"),
    ],
)
def test_a_stream_that_is_not_well_formed(
    lines: object, level: str, code: str | None, got: str
) -> None:
    """Its mistake is named, with what came."""
    found = result(streaming(lines), "stream")  # type: ignore[arg-type]
    assert found.level == level
    assert any(each.code == code and got in each.got for each in found.problems), found.problems


def test_a_line_that_is_no_json() -> None:
    """Fails each case that meets it, since words are lost."""
    found = result(streaming(_broken_line), "typed")
    assert [(each.level, each.code) for each in found.problems] == [(FAIL, "model_line_broken")]


def test_another_media_type() -> None:
    """Fails the case that is about it."""
    found = result(streaming(hello, "application/json"), "stream")
    assert [(each.code, each.got) for each in found.problems] == [
        ("model_type_wrong", "application/json")
    ]


def test_an_answer_of_known_length() -> None:
    """Was not streamed."""

    async def answer(request: web.Request) -> web.Response:
        text = chunk({"content": "Hello."}) + DONE
        return web.Response(text=text, content_type="text/event-stream")

    [problem] = result(answer, "stream").problems
    assert problem.level == WARN
    assert problem.got.startswith("Content-Length: ")


def test_an_answer_that_is_no_stream() -> None:
    """Fails, though it would be one to a request without `stream`."""

    async def answer(request: web.Request) -> web.Response:
        message = {"role": "assistant", "content": "Hello."}
        return web.json_response({"choices": [{"index": 0, "message": message}]})

    found = result(answer, "typed")
    assert found.level == FAIL
    assert found.problems[0].hint.startswith("answer with an event stream of chunks")
    assert "model_type_wrong" in [each.code for each in found.problems]


def test_a_warning_is_told_once() -> None:
    """By the first case that meets it: it is one mistake."""
    report = checked(streaming(_without_done), ["typed", "spoken", "duplicate"])
    codes = [[each.code for each in found.problems] for found in report.results]
    assert codes == [["model_done_missing"], [], []]


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "give the key with --key"),
        (307, "redirects are not followed"),
        (404, "name the whole URL"),
        (500, "the server's log"),
    ],
)
def test_a_server_that_refuses(status: int, hint: str) -> None:
    """The status is quoted, and what to do depends on it."""
    found = result(refusing(status, lambda body: True), "typed")
    [problem] = found.problems
    assert problem.level == FAIL
    assert problem.got == f"status {status}: refused: {status}"
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("status", "why"), [(401, "another key"), (404, "nothing at this URL"), (405, "no POST")]
)
def test_a_server_that_refuses_every_question(status: int, why: str) -> None:
    """The first case fails, and the others are not tried: they would fail alike."""
    report = checked(refusing(status, lambda body: True), ["typed", "spoken", "empty"])
    assert [each.level for each in report.results] == [FAIL, SKIPPED, SKIPPED]
    assert all(why in str(each.skipped) for each in report.results[1:])


def test_a_silent_answer() -> None:
    """Fails where words are wanted, passes for a message without text."""

    async def silent(body: Body, request: web.Request) -> AsyncIterator[str]:
        yield DONE

    report = checked(streaming(silent), ["typed", "empty"])
    typed, empty = report.results
    assert [each.code for each in typed.problems] == ["model_silent"]
    assert typed.level == FAIL
    assert empty.level == PASS
    assert empty.note == "the server says nothing, as it may"
    assert typed.first_token_ms is None


def test_a_refused_empty_text() -> None:
    """Is a warning: the chat goes on, with an error."""
    found = result(refusing(400, lambda body: not body["messages"][-1]["content"]), "empty")
    assert found.level == WARN
    assert result(refusing(500, lambda body: True), "empty").level == FAIL


def test_a_server_that_wants_the_user_first() -> None:
    """Fails the case of that name, and those that begin so."""
    names = ["typed", "assistant_first"]
    report = checked(refusing(400, lambda body: body["messages"][0]["role"] != "user"), names)
    assert [each.level for each in report.results] == [PASS, FAIL]


def _calling(*calls: tuple[str, str]) -> object:
    async def lines(body: Body, request: web.Request) -> AsyncIterator[str]:
        if body["messages"][-1]["role"] == "tool":
            yield chunk({"content": f"It has {body['messages'][-1]['content']}."}) + DONE
            return
        for index, (name, arguments) in enumerate(calls):
            function = {"name": name, "arguments": arguments}
            yield chunk({"tool_calls": [{"index": index, "id": "c", "function": function}]})
        yield DONE

    return lines


GOOD_CALL = ("get_current_weather", '{"location": "Oslo"}')


@pytest.mark.parametrize(
    ("calls", "level", "got"),
    [
        ([GOOD_CALL], PASS, None),
        ([GOOD_CALL, GOOD_CALL], WARN, "get_current_weather, get_current_weather"),
        ([("get_current_weather", "{oops")], FAIL, "get_current_weather: '{oops'"),
        ([("order_pizza", "{}")], FAIL, "a call of order_pizza"),
    ],
)
def test_tools(calls: list[tuple[str, str]], level: str, got: str | None) -> None:
    """One call of the offered tool, with an object; its result is answered."""
    found = result(streaming(_calling(*calls)), "tools")  # type: ignore[arg-type]
    assert found.level == level
    assert [each.got for each in found.problems] == ([] if got is None else [got])


def test_an_interruption_that_is_noticed() -> None:
    """The server's answer is cancelled, and the next question is answered."""
    noticed: list[bool] = []
    good = streaming(hello)

    async def endless(request: web.Request) -> web.StreamResponse:
        if len((await request.json())["messages"]) > 1:
            return await good(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while True:
                await response.write(chunk({"content": "One "}).encode() * 1_000)
        except ConnectionError:
            noticed.append(True)
        return response

    assert result(endless, "interruption").level == PASS
    assert noticed == [True]


def test_an_interruption_that_holds_up_the_next_answer() -> None:
    """Fails if that does not come in time."""
    held = asyncio.Lock()

    async def one_at_a_time(body: Body, request: web.Request) -> AsyncIterator[str]:
        async with held:
            yield chunk({"content": "One "})
            await asyncio.sleep(60)

    found = result(streaming(one_at_a_time), "interruption", model_timeout=1)
    assert found.level == FAIL
    assert found.problems[0].got == "nothing came for 1 s"


def test_a_session_id_of_the_server() -> None:
    """Comes back with the next question, and is to stay."""
    ids: list[str | None] = []

    async def keep(body: Body, request: web.Request) -> AsyncIterator[str]:
        ids.append(request.query.get("custom_session_id"))
        mark = ids[-1] or "of-the-server"
        yield chunk({"content": "Hello."}, system_fingerprint=mark) + DONE

    found = result(streaming(keep), "session_id", path=PATH_WITH_QUERY)
    assert found.level == PASS
    assert ids == [None, "of-the-server", "evi-emulator-check"]


PATH_WITH_QUERY = "/chat/completions?role=guide"


def test_session_ids_that_do_not_stay() -> None:
    """Another one for each answer fails; one instead of the client's, or a provider's, warns."""
    answers = 0

    async def forget(body: Body, request: web.Request) -> AsyncIterator[str]:
        nonlocal answers
        answers += 1
        yield chunk({"content": "Hello."}, system_fingerprint=f"id-{answers}") + DONE

    async def leak(body: Body, request: web.Request) -> AsyncIterator[str]:
        yield chunk({"content": "Hello."}, system_fingerprint="fp_123") + DONE

    forgotten = result(streaming(forget), "session_id")
    assert forgotten.level == FAIL
    assert "'id-2'" in forgotten.problems[0].got

    report = checked(streaming(leak), ["typed", "session_id"])
    typed, leaked = report.results
    assert typed.level == PASS  # it is told once, where it belongs
    assert [each.code for each in leaked.problems] == ["model_fingerprint_leaked", None]
    assert leaked.level == WARN


@pytest.mark.parametrize(
    ("statuses", "level"),
    [((401, 401), PASS), ((403, 403), WARN), ((401, None), FAIL), ((500, 401), FAIL)],
)
def test_a_wrong_key(statuses: tuple[int | None, int | None], level: str) -> None:
    """A wrong key and a missing one are to be refused with 401."""
    good = streaming(hello)
    for_wrong, for_none = statuses

    async def answer(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization")
        status = for_none if given is None else for_wrong if given != "Bearer s3cret" else None
        return await good(request) if status is None else web.Response(status=status)

    report = checked(answer, ["typed", "wrong_key"], key="s3cret")
    assert [each.level for each in report.results] == [PASS, level]


def test_a_url_that_the_platform_does_not_take() -> None:
    """It is called all the same."""
    report = checked(streaming(hello), ["url", "typed"], path="/v1/talk")
    assert [each.level for each in report.results] == [WARN, PASS]
    assert report.results[0].problems[0].got == "/v1/talk"


def test_nothing_at_the_url() -> None:
    """The first case fails, the others are not tried."""

    async def run() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        report = await check(f"http://127.0.0.1:{port}{PATH_WITH_QUERY}", Settings())
        assert [each.level for each in report.results[1:3]] == [FAIL, SKIPPED]
        assert {each.level for each in report.results[2:]} == {SKIPPED}
        assert report.url == f"http://127.0.0.1:{port}/chat/completions"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "names", "message"),
    [
        ("http://llm.example.com/chat/completions", None, "must begin with https://"),
        ("ws://llm.example.com/llm?token=s3cret", None, "must begin with wss://"),
        ("llm.example.com", None, "must begin with https://, http://, wss:// or ws://"),
        ("http://127.0.0.1/", ["typd"], "did you mean"),
    ],
)
def test_wrong_usage(url: str, names: list[str] | None, message: str) -> None:
    """Nothing is called."""
    with pytest.raises(UsageError) as raised:
        asyncio.run(check(url, Settings(), names=names))
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_named_hosts_and_rules() -> None:
    """A production URL leads to the local server, as for chats; its own form counts."""
    seen: list[str] = []

    async def note(body: Body, request: web.Request) -> AsyncIterator[str]:
        seen.append(request.path)
        async for line in hello(body, request):
            yield line

    async def run() -> None:
        async with serving(streaming(note)) as address:
            rules = (f"https://llm.example.com=http://{address}",)
            url = "https://llm.example.com/chat/completions"
            report = await check(url, Settings(map_url=rules), names=["typed"])
        assert report.url == url
        assert report.failed == []

    asyncio.run(run())
    assert seen == ["/chat/completions"]


# by WebSocket


async def _good(socket: web.WebSocketResponse, body: Body) -> None:
    await socket.send_json({"type": "assistant_input", "text": "Hello."})
    await socket.send_json({"type": "assistant_end"})


def test_a_good_socket_passes_all() -> None:
    """What is not known of this form is skipped."""
    report = checked(talking(_good), form="ws", path="/llm")
    levels = {each.name: each.level for each in report.results}
    assert "stream" not in levels
    assert {name for name, level in levels.items() if level == SKIPPED} == {"tools", "wrong_key"}
    assert set(levels.values()) == {PASS, SKIPPED}, report.failed


async def _two_ends(socket: web.WebSocketResponse, body: Body) -> None:
    await _good(socket, body)
    await socket.send_json({"type": "assistant_end"})


async def _closing(socket: web.WebSocketResponse, body: Body) -> None:
    await _good(socket, body)
    await socket.close()


async def _other_type(socket: web.WebSocketResponse, body: Body) -> None:
    await socket.send_json({"type": "assistant_message", "text": "Hello."})
    await _good(socket, body)


@pytest.mark.parametrize(
    ("talk", "got"),
    [
        (_two_ends, '{"type": "assistant_end"}'),
        (_closing, "it was closed after the answer (1000)"),
        (_other_type, '{"type": "assistant_message", "text": "Hello."}'),
    ],
)
def test_frames_that_are_wrong(talk: object, got: str) -> None:
    """One assistant_end for a message, and a socket that stays open."""
    found = result(talking(talk), "frames", form="ws")  # type: ignore[arg-type]
    assert found.level == FAIL
    assert [each.got for each in found.problems] == [got]


def test_a_socket_that_does_not_stay_open() -> None:
    """Fails cases with a second question, since a chat does not connect again; no others."""
    report = checked(talking(_closing), ["typed", "greeting", "assistant_first"], form="ws")
    assert [each.level for each in report.results] == [PASS, FAIL, PASS]
    [problem] = report.results[1].problems
    assert "keep the connection" in problem.hint


def test_a_refused_handshake() -> None:
    """Its status is told, without the token of the URL."""

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=403)

    report = checked(refuse, form="ws", path="/llm?token=s3cret-token")
    assert report.url.endswith("/llm")
    [problem] = report.results[1].problems
    assert "403" in problem.got
    assert "s3cret" not in problem.got
    assert "the token in its query" in problem.hint
    assert {each.level for each in report.results[2:]} == {SKIPPED}


def test_a_socket_without_an_end() -> None:
    """The turn never ends: nothing but the time-out would tell."""

    async def endless(socket: web.WebSocketResponse, body: Body) -> None:
        await socket.send_json({"type": "assistant_input", "text": "Hello."})

    found = result(talking(endless), "typed", form="ws", model_timeout=1)
    assert found.level == FAIL
    assert found.problems[0].got == "nothing came for 1 s"


def test_a_session_id_by_socket() -> None:
    """It is a key of the messages."""
    ids: list[str | None] = []

    async def keep(socket: web.WebSocketResponse, body: Body) -> None:
        ids.append(body.get("custom_session_id"))
        mark = ids[-1] or "of-the-server"
        words = {"type": "assistant_input", "text": "Hello.", "custom_session_id": mark}
        await socket.send_json(words)
        await socket.send_json({"type": "assistant_end"})

    assert result(talking(keep), "session_id", form="ws").level == PASS
    assert ids == [None, "of-the-server", "evi-emulator-check"]
