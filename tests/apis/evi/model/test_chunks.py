"""Chunks of chat completions, as servers write them."""

import json
from typing import Any

import pytest

from emulator.apis.evi.model.chunks import ChunkReader
from emulator.apis.evi.model.replies import Reply, SessionId, ToolWanted, Words


def delta(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta}]}


def read(*events: Any, reader: ChunkReader | None = None) -> list[Reply]:
    reader = reader or ChunkReader()
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return [*(reply for text in texts for reply in reader.read(text)), *reader.end()]


def spoken(*contents: str) -> str:
    replies = read(*(delta(content=each) for each in contents))
    return "".join(each.text for each in replies if isinstance(each, Words))


def test_content_is_spoken() -> None:
    """All else in a chunk is not."""
    first = delta(role="assistant", content=None)
    usage = {"choices": [], "usage": {"total_tokens": 3}, "type": "assistant_input"}
    end = {"type": "assistant_end"}
    stop = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    reader = ChunkReader()
    replies = read(first, delta(content="Hi"), usage, stop, end, "[DONE]", reader=reader)
    assert replies == [Words("Hi")]
    assert (reader.finish, reader.is_done, reader.text) == ("stop", True, "Hi")
    assert reader.findings == []


def test_a_whole_completion_is_spoken() -> None:
    """A server that does not stream answers with a message."""
    message = {"choices": [{"message": {"role": "assistant", "content": "Hi"}}]}
    assert read(message) == [Words("Hi")]


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (("<think>hmm</think>Yes",), "Yes"),
        (("<thi", "nk>hm", "m</th", "ink>Yes"), "Yes"),
        (("a <b> c",), "a <b> c"),
        (("1 <", " 2"), "1 < 2"),
        (("so <th",), "so <th"),
        (("<think>never ends",), ""),
    ],
)
def test_thoughts_are_not_spoken(contents: tuple[str, ...], said: str) -> None:
    """Local models think between tags, or in a field of its own."""
    assert spoken(*contents) == said
    assert read(delta(reasoning_content="hmm"), delta(reasoning="hmm")) == []


def test_a_fingerprint_is_the_session_id() -> None:
    """It is told once."""
    replies = read(*({**delta(content="a"), "system_fingerprint": "s-1"} for _ in range(3)))
    assert replies == [SessionId("s-1"), Words("a"), Words("a"), Words("a")]


def test_a_providers_fingerprint_is_found() -> None:
    """The trap that Hume's guide warns of: it becomes the session id all the same."""
    reader = ChunkReader()
    replies = read({**delta(), "system_fingerprint": "fp_44709d6fcb"}, reader=reader)
    assert replies == [SessionId("fp_44709d6fcb")]
    assert [code for code, _ in reader.findings] == ["model_fingerprint_leaked"]


def test_a_tool_call_comes_in_parts() -> None:
    """Its name with the first, its arguments in any number."""

    def part(arguments: str, **more: Any) -> dict[str, Any]:
        return delta(tool_calls=[{"index": 0, "function": {"arguments": arguments, **more}}])

    replies = read(part("", name="get_weather"), part('{"loca'), part('tion": "Oslo"}'))
    assert replies == [ToolWanted("get_weather", {"location": "Oslo"})]


def test_one_of_several_tools_is_called() -> None:
    """The service calls one at a time."""
    calls = [{"index": i, "function": {"name": name}} for i, name in enumerate("ab")]
    reader = ChunkReader()
    assert read(delta(tool_calls=calls), reader=reader) == [ToolWanted("a", {})]
    assert reader.findings == [("model_tools_parallel", "a, b")]


def test_arguments_may_be_wrong() -> None:
    """The tool is called without any."""
    for wrong in ("{", "[1]", "none"):
        call = {"index": 0, "function": {"name": "a", "arguments": wrong}}
        reader = ChunkReader()
        assert read(delta(tool_calls=[call]), reader=reader) == [ToolWanted("a", {})]
        assert [code for code, _ in reader.findings] == ["model_arguments_broken"]


@pytest.mark.parametrize("line", ["{", "[]", "3", '"text"', "not json"])
def test_what_is_no_chunk_is_skipped(line: str) -> None:
    """And found."""
    reader = ChunkReader()
    assert read(line, delta(content="Hi"), reader=reader) == [Words("Hi")]
    assert [code for code, _ in reader.findings] == ["model_line_broken"]


@pytest.mark.parametrize(
    "chunk",
    [
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": []}]},
        {"choices": [{"delta": {"content": 3}}]},
        {"choices": [{"delta": {"tool_calls": 3}}]},
        {"choices": [{"delta": {"tool_calls": [3]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": [], "function": 3}]}}]},
        {"system_fingerprint": 3},
    ],
)
def test_odd_chunks_say_nothing(chunk: Any) -> None:
    """None of them is a bug."""
    assert read(chunk) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((r"Hi \ud83d\ude00",), "Hi 😀"),
        ((r"Hi \ud83d", r"\uDE00!"), "Hi 😀!"),
        ((r"Hi \ud83d", "there"), "Hi \ufffdthere"),
        ((r"Hi \ude00.",), "Hi \ufffd."),
        (("Hi ", r"\ud83d"), "Hi \ufffd"),
        ((r"<think>\ud83d", r"\ude00</think>Hi"), "Hi"),
        ((r"\\ud83d",), r"\ud83d"),
    ],
)
def test_characters_may_be_cut_in_two(lines: tuple[str, ...], said: str) -> None:
    """By servers that cut texts by UTF-16; no word is lost for it."""
    reader = ChunkReader()
    replies = read(
        *(f'{{"choices":[{{"delta":{{"content":"{each}"}}}}]}}' for each in lines),
        reader=reader,
    )
    assert "".join(each.text for each in replies if isinstance(each, Words)) == said
    assert (reader.text, reader.findings) == (said, [])


def test_other_texts_may_have_half_a_character() -> None:
    """They are whole afterwards."""
    reader = ChunkReader()
    line = r'{"error": {"content": "\ud83d", "n": 123456789012345678901234567890}}'
    assert read(line, reader=reader) == []
    assert json.loads(reader.error or "")["content"] == "\ufffd"
    deep = rf'{{"\ud83d": {"[" * 100_000}'
    assert read(deep, reader=reader) == []
    assert [code for code, _ in reader.findings] == ["model_line_broken"]
