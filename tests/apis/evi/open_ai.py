"""A server of OpenAI's API for completions, transcriptions and speech that judges what it is asked.

It is written from the API's document, without the emulator's code: what breaks its rules is
answered 400, and listed in `problems`.
"""

import io
import json
import threading
import wave
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]
PATIENCE_S = 5  # no test waits that long unless it is about to fail
_NAME = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"}
_TEXT = {"type": "string", "minLength": 1}


def _object(required: str, **properties: Any) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


_TOOL_CALL = _object(
    "id type function",
    id=_TEXT,
    type={"const": "function"},
    function=_object("name arguments", name=_NAME, arguments={"type": "string"}),
)
_MESSAGES = {
    "system": _object("role content", role={"const": "system"}, content=_TEXT),
    "user": _object("role content", role={"const": "user"}, content=_TEXT),
    "assistant": {
        **_object(
            "role",
            role={"const": "assistant"},
            content={"type": ["string", "null"]},
            tool_calls={"type": "array", "minItems": 1, "items": _TOOL_CALL},
        ),
        "anyOf": [
            {"required": ["tool_calls"]},
            {"required": ["content"], "properties": {"content": _TEXT}},
        ],
    },
    "tool": _object(
        "role content tool_call_id",
        role={"const": "tool"},
        content={"type": "string"},
        tool_call_id=_TEXT,
    ),
}
_TOOL = _object(
    "type function",
    type={"const": "function"},
    function=_object(
        "name",
        name=_NAME,
        description={"type": "string"},
        parameters={"type": "object"},
        strict={"type": ["boolean", "null"]},
    ),
)
CHAT_COMPLETION = _object(
    "messages model",
    messages={
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["role"],
            "properties": {"role": {"enum": list(_MESSAGES)}},
            "allOf": [
                {"if": {"properties": {"role": {"const": role}}}, "then": schema}
                for role, schema in _MESSAGES.items()
            ],
        },
    },
    model=_TEXT,
    stream={"type": ["boolean", "null"]},
    temperature={"type": ["number", "null"], "minimum": 0, "maximum": 2},
    tools={"type": "array", "minItems": 1, "items": _TOOL},
)
TRANSCRIPTION = _object(
    "file model",
    file={"type": "string"},  # its name
    model=_TEXT,
    language={"type": "string", "pattern": "^[a-z]{2,3}$"},
    response_format={"enum": ["json", "text", "srt", "verbose_json", "vtt"]},
    temperature={"type": "string"},
    prompt={"type": "string"},
)
SPEECH = _object(
    "model input voice",
    model=_TEXT,
    input={"type": "string", "minLength": 1, "maxLength": 4096},
    voice=_TEXT,
    response_format={"enum": ["mp3", "opus", "aac", "flac", "wav", "pcm"]},
    speed={"type": "number", "minimum": 0.25, "maximum": 4},
)


@dataclass
class Asked:
    """One request: its JSON, or the fields of its form; `sound` is the PCM of a WAV."""

    path: str
    headers: Mapping[str, str]
    content: Json
    sound: bytes = b""
    rate: int = 0


# What answers a question: the JSON texts of its chunks. Raising ConnectionError cuts them off.
Answer = Callable[[Asked], Iterable[str]]


@dataclass
class OpenAi:
    """The server, as tests see it. Answers that are queued come first."""

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    transcripts: deque[str | Callable[[], str]] = field(default_factory=deque)
    refusals: deque[tuple[int, str]] = field(default_factory=deque)
    questions: list[Asked] = field(default_factory=list)
    utterances: list[Asked] = field(default_factory=list)
    said: list[Asked] = field(default_factory=list)
    sounds: deque[bytes | Callable[[], bytes]] = field(default_factory=deque)
    problems: list[str] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def says(self, *pieces: str) -> None:
        """Answer the next question with these pieces."""
        self.answers.append(lambda asked: said(*pieces))


def chunk(delta: Json, finish: str | None = None) -> str:
    """A chunk of an answer, as the API's document has it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "tiny",
            "system_fingerprint": "fp_44709d6fcb",
            "choices": [choice],
        }
    )


def said(*pieces: str) -> Iterator[str]:
    """The chunks of an answer in words."""
    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces:
        yield chunk({"content": piece})
    yield chunk({}, "stop")


def called(name: str, *arguments: str) -> Iterator[str]:
    """The chunks of an answer that calls a tool, with its arguments in pieces."""
    function = {"name": name, "arguments": ""}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    yield chunk({"role": "assistant", "content": None, "tool_calls": [call]})
    for piece in arguments:
        yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, "tool_calls")


def problems_of(content: Json) -> list[str]:
    """What a server of the API refuses about a chat completion."""
    found = [
        f"{'/'.join(map(str, each.path))}: {each.message}"
        for each in Draft202012Validator(CHAT_COMPLETION).iter_errors(content)
    ]
    return found or [*_disorder(content["messages"])]


def _disorder(messages: list[Json]) -> Iterator[str]:
    """What is wrong with the order of messages: that of the API, and of strict chat templates."""
    talk = messages[1:] if messages[0]["role"] == "system" else messages
    if not talk or talk[0]["role"] != "user":
        yield "the first message after the system's must be the user's"
    open_calls: set[str] = set()
    for before, each in zip([{"role": "system"}, *talk], talk, strict=False):
        role = each["role"]
        if role == "system":
            yield "a system message in the middle"
        if role == "tool":
            if each["tool_call_id"] not in open_calls:
                yield "a tool message that answers no call"
            open_calls.discard(each["tool_call_id"])
        elif open_calls:
            yield f"calls without an answer: {open_calls}"
        if role == before["role"] and role != "tool":
            yield f"two messages of the {role} in a row"
        open_calls |= {call["id"] for call in each.get("tool_calls", ())}
    if open_calls or talk[-1:] and talk[-1]["role"] == "assistant":
        yield "nothing to answer"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: OpenAi

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._chunks()
        if self.state.refusals:
            self._answer(*self.state.refusals.popleft())
        elif self.path == "/v1/chat/completions":
            self._complete(body)
        elif self.path == "/v1/audio/transcriptions":
            self._transcribe(body)
        elif self.path == "/v1/audio/speech":
            self._speak(body)
        else:
            self._refuse([f"no route {self.path}"])

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _refuse(self, problems: list[str]) -> None:
        self.state.problems += problems
        self._answer(400, json.dumps({"error": {"message": "; ".join(problems)}}))

    def _answer(self, status: int, text: str) -> None:
        self._send_whole(status, "application/json", text.encode())

    def _send_whole(self, status: int, media_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _speak(self, body: bytes) -> None:
        """Answer half a second of 24 kHz, or what is queued."""
        content = json.loads(body)
        self.state.said.append(Asked(self.path, dict(self.headers), content))
        problems = [each.message for each in Draft202012Validator(SPEECH).iter_errors(content)]
        if problems:
            self._refuse(problems)
            return
        queued = self.state.sounds.popleft() if self.state.sounds else wav(500)
        try:
            self._send_whole(200, "audio/wav", queued if isinstance(queued, bytes) else queued())
        except OSError:
            self.state.hung_up.set()

    def _complete(self, body: bytes) -> None:
        content = json.loads(body)
        asked = Asked(self.path, dict(self.headers), content)
        self.state.questions.append(asked)
        if problems := problems_of(content):
            self._refuse(problems)
            return
        answer = self.state.answers.popleft() if self.state.answers else _echo
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for each in answer(asked):
                self._send(f"data: {each}\n\n")
            self._send("data: [DONE]\n\n")
        except OSError:
            self.state.hung_up.set()

    def _send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _transcribe(self, body: bytes) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form, content, sound, problems = BytesParser().parsebytes(head + body), {}, b"", []
        if not form.is_multipart():
            self._refuse(["expected a form of several parts"])
            return
        for part in form.get_payload():
            assert not isinstance(part, str)
            name = part.get_param("name", header="content-disposition")
            file, value = part.get_filename(), part.get_payload(decode=True)
            assert isinstance(value, bytes)
            content[str(name)] = file or value.decode()
            sound = value if file else sound
        asked = Asked(self.path, dict(self.headers), content)
        try:
            with wave.open(io.BytesIO(sound)) as opened:
                asked.rate, asked.sound = opened.getframerate(), opened.readframes(10**9)
                if (opened.getnchannels(), opened.getsampwidth()) != (1, 2):
                    problems.append("expected 16-bit mono")
        except (wave.Error, EOFError) as error:
            problems.append(f"not a WAV: {error}")
        errors = Draft202012Validator(TRANSCRIPTION).iter_errors(content)
        problems += [each.message for each in errors]
        self.state.utterances.append(asked)
        if problems:
            self._refuse(problems)
            return
        text = self.state.transcripts.popleft() if self.state.transcripts else "Hello."
        words = text if isinstance(text, str) else text()
        self._answer(200, json.dumps({"text": words}))


def _echo(asked: Asked) -> Iterator[str]:
    return said("You said: ", asked.content["messages"][-1]["content"], " Is that right?")


def wav(ms: int, rate: int = 24_000, sample: int = 4_000) -> bytes:
    """Make a WAV whose samples are all alike."""
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(sample.to_bytes(2, "little") * (ms * rate // 1000))
    return file.getvalue()


@contextmanager
def open_ai() -> Iterator[OpenAi]:
    """Serve it on a free port, for as long as the block runs; nothing it judged may be wrong."""
    state = OpenAi()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert state.problems == []
