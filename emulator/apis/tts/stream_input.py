"""The socket's handshake, and the emulator's side of a connection (docs/protocol.md)."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from emulator.apis.tts.buffer import TextBuffer
from emulator.apis.tts.chunks import Chunk
from emulator.apis.tts.contract import OF_CLIENTS, SpeechAuditor, judge_query
from emulator.apis.tts.errors import TTS_ERRORS, envelope, message_of_fault, tts_error
from emulator.apis.tts.generation import Generation, new_request_id, spoken
from emulator.apis.tts.lines import objects
from emulator.apis.tts.messages import (
    FRAME,
    PublishTts,
    StreamQuery,
    given_query,
    message_fields,
    query_fields,
    read_message,
    read_query,
)
from emulator.apis.tts.pacing import paced
from emulator.apis.tts.request import (
    Context,
    Source,
    SpeechRequest,
    Utterance,
    choose_version,
    continued,
    designed,
    find_named,
)
from emulator.apis.voices.state import VoicesState
from emulator.contract.findings import Finding
from emulator.credentials import CREDENTIALS
from emulator.errors import ApiError, Problem, ValidationFailed, pointer
from emulator.jsontext import JsonObject, JsonTextError, parse, render
from emulator.openapi.strictness import unknown_contents, unknown_parameters
from emulator.reply import BodyCut
from emulator.sockets.outbound import LONGEST_SHOWN, NORMAL_CLOSE, Outbound, OutboundFrame, shown
from emulator.sockets.socket import OnBug, Opening, Peer
from emulator.timers import Timer
from emulator.world.world import World

_OPERATION = "stream-input"
_MOST_WAITING = 500_000  # characters that wait to be spoken: a client with more is cut off
_AHEAD = 200_000  # bytes that may wait for the client before more sound is made: about a chunk


class StreamOpening(Opening):
    """The handshake of the socket."""

    _wanted: StreamQuery  # set by `check`

    def __init__(self, world: World, query_string: bytes) -> None:
        self._world = world
        self._query_string = query_string
        self.query = given_query(query_string)

    def audit(self) -> Sequence[Finding]:
        return judge_query(self._world.ledger, query_fields(), self.query)

    def check(self) -> None:
        problems: list[Problem] = []
        try:
            self._wanted = read_query(self._query_string)
        except ValidationFailed as error:
            problems += error.problems
        if self._world.settings.strict:
            known = (*query_fields().children, *CREDENTIALS, *OF_CLIENTS)
            problems += unknown_parameters(self.query, known)
        if problems:
            raise ValidationFailed(problems)

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        return SpeechPeer(self._world, outbound, self._wanted, on_bug)


class SpeechPeer(Peer):
    """One client: its text waits in a buffer, and is spoken piece by piece.

    Each piece is a generation of its own, and a task speaks one after the other.
    """

    def __init__(self, world: World, outbound: Outbound, query: StreamQuery, on_bug: OnBug) -> None:
        self._world = world
        self._outbound = outbound
        self._query = query
        self._on_bug = on_bug
        self._auditor = SpeechAuditor(world.ledger)
        self._request_id = new_request_id(world)
        self._buffer = TextBuffer()
        self._manner = Utterance("")  # of the text that comes: its voice, its description
        self._waiting: deque[Sequence[Utterance]] = deque()
        self._closes = False
        self._task: asyncio.Task[None] | None = None
        self._idle: Timer | None = None
        outbound.facts = {}
        self._is_over = False  # nothing is spoken any more
        self._work_of_world = world.work  # a reset gives the world another
        self._work_of_world.on_close.append(self._end)
        self._context_id = query.context_generation_id
        self._start()

    def _start(self) -> None:
        """Find the context; a socket whose context does not exist ends at once."""
        self._stay_awake()
        if self._context_id:
            try:
                context = continued(self._world, self._context_id)
            except ApiError as error:
                self._refuse(error)
                self._outbound.close(NORMAL_CLOSE)
            else:
                self._remember(context)

    def _remember(self, context: Context) -> None:
        if context.last is not None:
            last = context.last
            self._manner = replace(self._manner, voice=last.voice, timbre=last.timbre)

    # from the client

    def receive_bytes(self, data: bytes) -> None:
        problem = "it is binary, and messages are JSON text"
        self._outbound.note("in", {"bytes": len(data)}, self._auditor.receive_broken(problem))
        self._refuse(tts_error("payload_parse", problem=problem))

    def receive_text(self, text: bytes) -> None:
        self._stay_awake()
        try:
            content = parse(text)
        except JsonTextError as error:
            broken = self._auditor.receive_broken(error.message)
            self._outbound.note("in", text[:LONGEST_SHOWN], broken)
            self._refuse(tts_error("invalid_json", problem=error.message))
            return
        problems = []
        if self._world.settings.strict:
            problems += unknown_contents(message_fields(), content, FRAME)
        findings = list(self._auditor.receive(message_fields(), content))
        try:
            message = read_message(content)
            if problems:
                raise ValidationFailed(problems)
            self._take(message, findings)
        except ApiError as error:
            refusal = _as_frame(error)
            found = [*findings, self._auditor.refused(refusal)]
            self._outbound.note("in", shown(content, text), found)
            self._refuse(refusal)
            if isinstance(content, dict) and content.get("close") is True:
                self._speak(PublishTts(close=True))  # or the client would wait for nothing
        else:
            self._outbound.note("in", shown(content, text), findings)
            self._speak(message)

    def _take(self, message: PublishTts, findings: list[Finding]) -> None:
        """Add the message's text to the buffer. Raises ApiError for a voice that does not exist."""
        manner = self._manner
        if message.voice is not None:
            source = Source(self._world, findings, streams=True, loc=FRAME)
            voice = find_named(
                source, message.voice.model_dump(exclude_none=True), (*FRAME, "voice")
            )
            timbre = self._world.state(VoicesState).timbre(voice)
            manner = replace(manner, voice=voice, timbre=timbre)
        if message.description and self._query.version == "2":
            raise tts_error("description_unsupported", index=0)
        if message.description is not None:
            manner = replace(manner, description=message.description)
        self._manner = manner
        self._buffer.add(
            replace(
                manner,
                text=message.text,
                speed=message.speed,
                trailing_silence_s=message.trailing_silence,
            )
        )

    def _speak(self, message: PublishTts) -> None:
        """Hand what is to be spoken now to the task; a socket that closes speaks no more."""
        if self._is_over or self._outbound.close_code is not None:
            return
        if self._buffer and (message.flush or message.close):
            self._waiting.append(self._buffer.take_all())
        elif self._buffer.is_full and (ready := self._buffer.take_ready()):
            self._waiting.append(ready)
        self._closes = self._closes or message.close
        if sum(len(each.text) for part in self._waiting for each in part) > _MOST_WAITING:
            self._stop()
            self._outbound.give_up()
            return
        if self._task is None and (self._waiting or self._closes):
            self._task = asyncio.get_running_loop().create_task(self._work())

    # to the client

    async def _work(self) -> None:
        """Speak all that waits, and close the socket if the client has asked for it."""
        try:
            while self._waiting:
                await self._say(self._waiting.popleft())
            if self._closes:
                self._outbound.close(NORMAL_CLOSE)
        except BodyCut:
            pass  # the world is reset, which closes the socket
        except Exception as error:
            self._on_bug(error)
        finally:
            self._task = None
            self._stay_awake()

    async def _say(self, utterances: Sequence[Utterance]) -> None:
        try:
            request = self._request(utterances)
            generation, *_ = await spoken(
                self._world, request, self._request_id, _OPERATION, streams=True
            )
        except ApiError as error:
            self._manner = replace(self._manner, description="")  # or all that follows is refused
            self._refuse(error)
            return
        chunks = ((chunk, (chunk, contents)) for chunk, contents in objects(generation, request))
        async with aclosing(paced(self._world, generation, chunks)) as pieces:
            async for chunk, contents in pieces:
                if not await self._outbound.room(_AHEAD):
                    return
                self._send_chunk(generation, chunk, contents)

    def _request(self, utterances: Sequence[Utterance]) -> SpeechRequest:
        """Return a request for one generation. Raises ApiError."""
        query, wanted = self._query, frozenset(self._query.include_timestamp_types)
        voiced = designed(self._continuing(utterances), 0)
        version = choose_version(query.version, voiced, wanted)
        self._manner = replace(self._manner, timbre=self._manner.timbre or voiced[-1].timbre)
        return SpeechRequest(
            utterances=voiced,
            version=version,
            format=query.format_type,
            is_instant=query.instant_mode,
            strips_headers=query.strip_headers,
            timestamps=wanted if version == "2" else frozenset(),
            context_id=self._context_id,
        )

    def _continuing(self, utterances: Sequence[Utterance]) -> list[Utterance]:
        """Give utterances without a voice the one that earlier text was given, if any."""
        timbre = self._manner.timbre if self._manner.voice is None else ""
        return [each if each.timbre else replace(each, timbre=timbre) for each in utterances]

    def _send_chunk(
        self, generation: Generation, chunk: Chunk, contents: Sequence[JsonObject]
    ) -> None:
        for content in contents:
            if content["type"] != "audio" or self._query.no_binary:
                self._send(content)
            elif chunk.audio:  # the encoder may keep all of a short one for the next
                self._send_binary(generation, chunk)

    def _send_binary(self, generation: Generation, chunk: Chunk) -> None:
        content = {
            "type": "audio",
            "bytes": len(chunk.audio),
            "generation_id": generation.id,
            "text": chunk.snippet.text,
        }
        findings = self._auditor.send("binary")
        frame = OutboundFrame("audio", content, b"", len(chunk.audio), {}, data=chunk.audio)
        self._outbound.send(frame, findings)

    def _send(self, content: JsonObject) -> None:
        if not self._outbound.takes_more():
            return
        kind, text = content.get("type", "error"), render(content)
        findings = self._auditor.send(kind)
        self._outbound.send(OutboundFrame(kind, content, text, len(text), {}), findings)

    def _refuse(self, error: ApiError) -> None:
        self._send(dict(error.body))

    # its end

    def _stay_awake(self) -> None:
        """Restart the wait for the next message; a socket that is idle too long is closed."""
        timers, idle_ms = self._world.timers, self._world.settings.tts_idle_timeout * 1000
        timers.cancel(self._idle)
        if self._is_over:
            return
        self._idle = timers.at(self._world.clock.now_ms() + idle_ms, self._fall_asleep)

    def _fall_asleep(self) -> None:
        if self._task is None:
            self._outbound.close(NORMAL_CLOSE)

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        self._stop()
        return self._auditor.end(code, by_server)

    def fail(self, slug: str, message: str | None) -> None:
        text = TTS_ERRORS.get(slug) or TTS_ERRORS["uncaught"]
        self._send(envelope(text, message or message_of_fault(text)))
        if text.ends:
            self._stop()
            self._outbound.close(NORMAL_CLOSE)

    def hang_up(self) -> None:
        self._stop()

    def crash(self) -> None:
        self._stop()

    def leave(self) -> None:
        self._stop()
        self._on_bug = _ignore_bug

    def _end(self) -> None:
        """Close the socket, since the world is reset."""
        self._stop()
        self._outbound.close(NORMAL_CLOSE)

    def _stop(self) -> None:
        """Drop what is not spoken yet, and speak no more."""
        self._is_over = True
        if self._end in self._work_of_world.on_close:
            self._work_of_world.on_close.remove(self._end)
        self._world.timers.cancel(self._idle)
        self._waiting.clear()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()


def _ignore_bug(error: Exception) -> None:
    """Do nothing: the connection, which reports bugs and holds its peer, is closed."""


def _as_frame(error: ApiError) -> ApiError:
    """Return an error in the shape that the socket has; problems become one sentence."""
    if not isinstance(error, ValidationFailed):
        return error
    problems = (f"{pointer(each.loc[1:])}: {each.msg}" for each in error.problems)
    return tts_error("payload_parse", problem="; ".join(problems))
