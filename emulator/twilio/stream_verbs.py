"""Verbs of media streams: Connect, Start and Stop."""

from dataclasses import dataclass

from emulator.twilio.conversation import Conversation
from emulator.twilio.live_call import LiveCall, Request
from emulator.twilio.media_stream import MediaStream, open_stream
from emulator.twilio.phone_line import HungUp, PhoneLine
from emulator.twilio.record import Recorder
from emulator.twilio.stream_plan import read_stream
from emulator.twilio.talk import CallerFrame
from emulator.twilio.twiml import Element
from emulator.twilio.verbs import nouns_of

_MOST_COPIES = 4  # one-way streams of a call


async def connect(call: LiveCall, verb: Element) -> Request | None:
    """Let the caller talk through a stream, until the server closes it."""
    for noun in nouns_of(verb, call.recorder.problem):
        plan = read_stream(noun, call.url, "Connect", call.recorder.problem)
        stream = None if plan is None else await open_stream(plan, call.streams)
        if stream is not None:
            await _converse(call, stream)
        break  # only one can be connected
    return call.action(verb, {})


async def _converse(call: LiveCall, stream: MediaStream) -> None:
    why = "the call has ended"
    try:
        await stream.start(is_two_way=True)
        await Conversation(stream, call.line, call.talk, call.recorder).run()
    except HungUp:
        why = "the caller has hung up"
        raise
    finally:
        await stream.end(why)


async def start(call: LiveCall, verb: Element) -> None:
    """Send copies of the line to servers from now on."""
    for noun in nouns_of(verb, call.recorder.problem):
        place = f"line {noun.line}: "
        copies = [copy for copy in call.line.copies if isinstance(copy, StreamCopy)]
        if len(copies) >= _MOST_COPIES:
            most = f"a call has at most {_MOST_COPIES} one-way streams"
            call.recorder.problem(f"{place}{most}; this one is not started")
            continue
        plan = read_stream(noun, call.url, "Start", call.recorder.problem)
        if plan is None:
            continue
        if plan.name and any(copy.stream.plan.name == plan.name for copy in copies):
            call.recorder.problem(f"{place}a stream has the name {plan.name!r} already")
            continue
        stream = await open_stream(plan, call.streams)
        if stream is not None:
            await stream.start(is_two_way=False)
            call.line.copies.append(StreamCopy(stream, call.line, call.recorder))


async def stop(call: LiveCall, verb: Element) -> None:
    """End copies of the line."""
    for noun in nouns_of(verb, call.recorder.problem):
        name = noun.attributes.get("name", "")
        copies = [copy for copy in call.line.copies if isinstance(copy, StreamCopy)]
        meant = [copy for copy in copies if copy.stream.plan.name == name]
        if not meant:
            known = ", ".join(repr(copy.stream.plan.name) for copy in copies) or "none"
            call.recorder.problem(
                f"line {noun.line}: no one-way stream has the name {name!r}; running: {known}"
            )
        for copy in meant:
            await copy.end("it was stopped")


async def end_copies(call: LiveCall) -> None:
    """End all copies, with the call."""
    for copy in list(call.line.copies):
        if isinstance(copy, StreamCopy):
            await copy.end("the call has ended")


@dataclass(eq=False)
class StreamCopy:
    """A stream that gets a copy of what is heard on the line."""

    stream: MediaStream
    line: PhoneLine
    recorder: Recorder

    async def pass_on(self, said: CallerFrame, heard: bytes) -> None:
        """Send the next 20 ms of the tracks that the stream has."""
        if self.stream.received():
            self.recorder.notice("a one-way stream can't be answered; use <Connect> for that")
        if self.stream.is_over:
            await self.end("")
            return
        if "inbound" in self.stream.plan.tracks:
            await self.stream.send_sound(said.sound, "inbound")
        if "outbound" in self.stream.plan.tracks:
            await self.stream.send_sound(heard, "outbound")
        if said.key:
            await self.stream.send_key(said.key)

    async def end(self, why: str) -> None:
        """End the copy."""
        self.line.copies.remove(self)
        await self.stream.end(why)
