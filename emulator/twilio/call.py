"""Places a call: posts the form, follows the TwiML that is answered, and hangs up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from emulator.twilio.callbacks import Callbacks
from emulator.twilio.faults import CallFaults
from emulator.twilio.form import CallFacts
from emulator.twilio.input_verbs import gather, record
from emulator.twilio.live_call import LiveCall, Rejected, Request
from emulator.twilio.media_stream import StreamMeans
from emulator.twilio.order import CallOrder, HangUp, Step, past
from emulator.twilio.phone_line import CallerHungUp, HungUp, PhoneLine
from emulator.twilio.plain_verbs import (
    dial,
    enqueue,
    hang_up,
    pause,
    play,
    redirect,
    reject,
    say,
)
from emulator.twilio.posting import Poster, PostProblem, normal
from emulator.twilio.record import CallRecord, Recorder, Status
from emulator.twilio.services import CallServices, speech
from emulator.twilio.stream_verbs import connect, end_copies, start, stop
from emulator.twilio.talk import Talk
from emulator.twilio.twiml import Element, TwimlProblem, check_media_type, read_twiml
from emulator.twilio.verbs import known_verb

PLAYERS: Mapping[str, Callable[[LiveCall, Element], Awaitable[Request | None]]] = {
    "Say": say,
    "Play": play,
    "Pause": pause,
    "Gather": gather,
    "Dial": dial,
    "Redirect": redirect,
    "Reject": reject,
    "Hangup": hang_up,
    "Record": record,
    "Enqueue": enqueue,
    "Connect": connect,
    "Start": start,
    "Stop": stop,
}
_SECOND_MS = 1_000


class CallFailed(Exception):
    """A call that can't go on; the problem is told already."""


class PlacedCall:
    """One call. It is placed by `run`, once."""

    def __init__(self, order: CallOrder, services: CallServices) -> None:
        """Make a call that `run` will place; `call_sid` is known before that."""
        ids, limits = services.ids, order.limits
        self.call_sid = order.call_sid or "CA" + ids.secret()
        facts = CallFacts(
            self.call_sid,
            order.account_sid,
            order.from_number,
            order.to_number,
            order.direction,
        )
        recorder = Recorder(services.watch)
        faults = CallFaults(
            order.faults,
            self.call_sid,
            lambda rule: recorder.tell("fault", rule.fault, id=rule.id),
        )
        talk = Talk(order.steps, partial(speech, services.voice), limits)
        announce = partial(services.announce, self.call_sid)
        line = PhoneLine(talk, services.time, recorder, limits, faults, announce)
        poster = Poster(services.client, services.urls, order.auth_token, limits.request_s)
        callbacks = Callbacks(poster, recorder, services.time, facts, order.status_callback)
        self._call = LiveCall(
            order=order,
            services=services,
            facts=facts,
            recorder=recorder,
            talk=talk,
            line=line,
            poster=poster,
            callbacks=callbacks,
            streams=StreamMeans(
                services.client,
                poster,
                callbacks,
                recorder,
                faults,
                facts,
                lambda: "MZ" + ids.secret(),
                limits.request_s,
            ),
            url=order.url,
        )

    def add_steps(self, steps: Sequence[Step]) -> None:
        """Let the caller take more steps, after the steps that are left."""
        self._call.talk.add(steps)

    def hang_up(self) -> None:
        """Let the caller hang up now."""
        self._call.line.hang_up()

    async def run(self) -> CallRecord:
        """Place the call, and return its record once it is over.

        Problems are in the record. If the task is cancelled, streams are closed first.
        """
        call = self._call
        self._dial()
        status: Status = "completed"
        try:
            await self._follow(Request(call.order.url, call.order.method))
            self._note_unsaid()
        except CallerHungUp:
            pass
        except HungUp:
            self._note_unsaid()
        except Rejected:
            status = "busy"
        except CallFailed:
            status = "failed"
        except BaseException:
            call.callbacks.cancel()
            raise
        finally:
            await end_copies(call)
        return await self._end(status)

    def _dial(self) -> None:
        call = self._call
        call.recorder.tell(
            "dialled",
            url=call.order.url,
            call_sid=self.call_sid,
            from_number=call.facts.from_number,
            to_number=call.facts.to_number,
        )
        call.callbacks.call_event("initiated")
        call.callbacks.call_event("ringing")

    def _note_unsaid(self) -> None:
        """Tell that the other side has ended the call before the caller was done."""
        steps = [step for step in self._call.talk.steps if not isinstance(step, HangUp)]
        if steps:
            more = f" and did {len(steps) - 1} more steps" if steps[1:] else ""
            what = f"the other side has ended the call before the caller {past(steps[0])}{more}"
            self._call.recorder.problem(what)

    async def _end(self, status: Status) -> CallRecord:
        call = self._call
        begin_ms = call.line.at_ms if call.answered_ms is None else call.answered_ms
        duration_ms = call.line.at_ms - begin_ms
        seconds = str(-(-duration_ms // _SECOND_MS))
        call.callbacks.call_event("completed", status, CallDuration=seconds)
        await call.callbacks.drain()
        call.recorder.tell("ended", status, duration_ms=duration_ms)
        return call.recorder.finish(
            CallRecord(
                call_sid=self.call_sid,
                from_number=call.facts.from_number,
                to_number=call.facts.to_number,
                status=status,
                duration_ms=duration_ms,
            )
        )

    async def _follow(self, request: Request | None) -> None:
        """Follow documents until one of them ends."""
        most = self._call.order.limits.documents
        for _ in range(most):
            if request is None:
                return
            document = await self._fetch(request)
            request = await self._play(document)
        if request is not None:
            self._call.recorder.problem(
                f"{most} documents have led to another one, {request.url}: is that a circle?"
            )
            raise CallFailed

    async def _fetch(self, request: Request) -> Element:
        call = self._call
        call.url = request.url
        status = "ringing" if call.answered_ms is None else "in-progress"
        fields = call.facts.form(status, **request.fields)
        try:
            if urlsplit(normal(request.url)).scheme not in ("http", "https"):
                raise PostProblem(f"TwiML comes from https:// or http://, got {request.url!r}")
            answer = await call.poster.send(request.url, fields, request.method)
            check_media_type(answer.media_type)
            document = read_twiml(answer.body)
        except PostProblem as problem:
            call.recorder.problem(str(problem))
            raise CallFailed from None
        except TwimlProblem as problem:
            call.recorder.problem(f"{request.url} has not answered TwiML: {problem}")
            raise CallFailed from None
        finally:
            await call.line.catch_up()
        verbs = [verb.name for verb in document.children]
        call.recorder.tell("document", url=request.url, verbs=verbs)
        return document

    async def _play(self, document: Element) -> Request | None:
        """Play a document's verbs; return the request of one that leads to another document."""
        call = self._call
        if document.text.strip():
            what = " ".join(document.text.split())[:50]
            call.recorder.problem(f"<Response> has a text outside of verbs, {what!r}; use <Say>")
        for verb in document.children:
            if not known_verb(verb, call.recorder.problem):
                continue
            if verb.name != "Reject":
                self._answer()
            call.recorder.tell("verb", verb.name, attributes=dict(verb.attributes))
            request = await PLAYERS[verb.name](call, verb)
            if request is not None:
                return request
        self._answer()
        return None

    def _answer(self) -> None:
        call = self._call
        if call.answered_ms is None:
            call.answered_ms = call.line.at_ms
            call.recorder.tell("answered")
            call.callbacks.call_event("answered")


async def place_call(order: CallOrder, services: CallServices) -> CallRecord:
    """Place a call, and return its record once it is over."""
    return await PlacedCall(order, services).run()
