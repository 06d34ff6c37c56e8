"""Reads the chunks of a chat completion: words, tool calls, the session id."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import TypeAlias

from emulator.apis.evi.model.replies import Reply, SessionId, ToolWanted, Words
from emulator.apis.evi.model.surrogates import Halves, has_halves, mended, read_halves
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, read, render

DONE = "[DONE]"
_LONGEST_ERROR = 400  # characters that a failure quotes
_THINKING = ("<think>", "</think>")

Mark: TypeAlias = tuple[int, int]  # how much has been read: chunks, and characters of the text


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class ChunkReader:
    """Turns the data of events into replies. `findings` has codes with what was wrong."""

    speaks_fingerprint: bool = True  # whether a fingerprint is the session id
    is_done: bool = False
    chunks: int = 0
    fingerprint: str | None = None
    finish: str | None = None
    error: str | None = None  # that the server sends instead of a chunk
    findings: list[tuple[str, str]] = field(default_factory=list)
    _text: StringIO = field(default_factory=StringIO)  # takes a word without a copy of the others
    _calls: dict[int, _Call] = field(default_factory=dict)
    _thinks: bool = False
    _held: str = ""  # the beginning of a tag, perhaps
    _halves: Halves | None = None  # once there was a character that is cut in two

    @property
    def has_begun(self) -> bool:
        """True if words have come, or a part of a tool call."""
        return bool(self._text.tell() or self._calls)

    @property
    def text(self) -> str:
        """Return all words so far."""
        return self._text.getvalue()

    def add(self, words: str) -> Words:
        """Add words to the text, and return them as a reply."""
        self._text.write(words)
        return Words(words)

    def mark(self) -> Mark:
        """Return how much has been read, for `forget_since`."""
        return self.chunks, self._text.tell()

    def forget_since(self, mark: Mark) -> None:
        """Forget the chunks and the words that came after a mark."""
        self.chunks, characters = mark
        self._text.seek(characters)
        self._text.truncate()

    def read(self, data: str) -> Sequence[Reply]:
        """Return what an event says."""
        if data.strip() == DONE:
            self.is_done = True
            return ()
        try:
            chunk = self._parsed(data)
        except ValueError as error:
            self.findings.append(("model_line_broken", f"{error}: {data[:200]!r}"))
            return ()
        if isinstance(chunk, dict):
            self.chunks += 1
            return self._read(chunk)
        self.findings.append(("model_line_broken", f"expected an object, got {data[:200]!r}"))
        return ()

    def _parsed(self, data: str) -> Json:
        """Return the value of an event. It is read less strictly than what clients send."""
        try:
            return read(data)
        except ValueError:
            if not has_halves(data):
                raise
            chunk = read_halves(data)
            self._halves = self._halves or Halves()
            return chunk

    def _read(self, chunk: JsonObject) -> Sequence[Reply]:
        replies: list[Reply] = []
        mark = chunk.get("system_fingerprint")
        if mark is not None and self._is_new_session(mark):
            replies.append(SessionId(mark))
        choices = chunk.get("choices")
        if not choices and chunk.get("error"):
            self.error = render(mended(chunk["error"])).decode()[:_LONGEST_ERROR]
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            said = self._said(choice)
            if said:
                replies.append(self.add(said))
        return replies

    def _is_new_session(self, mark: Json) -> bool:
        """True if a fingerprint is a session id that is not known yet."""
        if not isinstance(mark, str) or mark in ("", self.fingerprint):
            return False
        if self.speaks_fingerprint:
            self.fingerprint = mark
            if mark.startswith("fp_"):
                self.findings.append(("model_fingerprint_leaked", mark))
        return self.speaks_fingerprint

    def _said(self, choice: JsonObject) -> str:
        """Return the words of a choice; take its tool calls, and why the answer ended."""
        finish = choice.get("finish_reason")
        if isinstance(finish, str):
            self.finish = finish
        delta = choice.get("delta") or choice.get("message")
        if not isinstance(delta, dict):
            return ""
        if "tool_calls" in delta:
            self._take_calls(delta["tool_calls"])
        content = delta.get("content")
        return self._spoken(content) if isinstance(content, str) else ""

    def _spoken(self, content: str) -> str:
        """Return the words without what the model thinks aloud between tags."""
        if self._halves is not None:
            content = self._halves.join(content)
        if not (self._held or self._thinks) and "<" not in content:
            return content  # as nearly all are
        text, said = self._held + content, ""
        self._held = ""
        while text:
            tag = _THINKING[self._thinks]
            before, found, text = text.partition(tag)
            if not found and (cut := _beginning_of(tag, before)):
                before, self._held = before[:-cut], before[-cut:]
            said += "" if self._thinks else before
            if found:
                self._thinks = not self._thinks
        return said

    def _take_calls(self, calls: Json) -> None:
        for place, each in enumerate(calls if isinstance(calls, list) else ()):
            if not isinstance(each, dict):
                continue
            function, index = each.get("function"), each.get("index")
            call = self._calls.setdefault(index if isinstance(index, int) else place, _Call())
            call.id = call.id or str(each.get("id") or "")
            if isinstance(function, dict):
                call.name = call.name or str(function.get("name") or "")
                call.arguments += str(function.get("arguments") or "")

    def end(self) -> Iterator[Reply]:
        """Yield the tool call that the whole answer asks for: the first, if there are several."""
        self._held += "" if self._halves is None else self._halves.end()
        if self._held and not self._thinks:
            yield self.add(self._held)
        calls = [call for call in self._calls.values() if call.name]
        if len(calls) > 1:
            names = ", ".join(call.name for call in calls)
            self.findings.append(("model_tools_parallel", names))
        if calls:
            yield ToolWanted(calls[0].name, self._arguments(calls[0]), calls[0].id)

    def _arguments(self, call: _Call) -> JsonObject:
        try:
            arguments = parse((call.arguments or "{}").encode())
        except JsonTextError:
            arguments = None
        if isinstance(arguments, dict):
            return arguments
        self.findings.append(("model_arguments_broken", f"{call.name}: {call.arguments[:200]!r}"))
        return {}


def _beginning_of(tag: str, text: str) -> int:
    """Return how many characters at the end of a text may begin the tag."""
    sizes = (size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size]))
    return next(sizes, 0)
