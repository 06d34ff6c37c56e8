"""Status callbacks of a call and of its streams: sent in order, beside the call."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from emulator.twilio.form import CallFacts
from emulator.twilio.pacing import Time
from emulator.twilio.posting import Poster, PostProblem
from emulator.twilio.record import Recorder

# The events of a call, each with its status.
STATUS_OF = {
    "initiated": "initiated",
    "ringing": "ringing",
    "answered": "in-progress",
    "completed": "completed",
}
STREAM_EVENTS = ("stream-started", "stream-stopped", "stream-error")


class Callbacks:
    """Tells servers what becomes of a call."""

    def __init__(
        self,
        poster: Poster,
        recorder: Recorder,
        time: Time,
        facts: CallFacts,
        status_callback: str | None,
    ) -> None:
        self._poster, self._recorder, self._time = poster, recorder, time
        self._facts, self._url = facts, status_callback
        self._sent = 0
        self._tasks: list[asyncio.Task[None]] = []

    def call_event(self, event: str, status: str | None = None, **more: str) -> None:
        """Tell the call's server of an event; it is sent after those before it."""
        if self._url is None:
            return
        fields = self._facts.form(
            status or STATUS_OF[event],
            Timestamp=format_datetime(self._now()),
            SequenceNumber=str(self._sent),
            CallbackSource="call-progress-events",
            **more,
        )
        self._sent += 1
        self._send(event, self._url, fields, "POST")

    def stream_event(
        self, event: str, url: str, method: str, stream_sid: str, name: str, error: str = ""
    ) -> None:
        """Tell the server that a `<Stream>` names of an event."""
        fields = {
            "AccountSid": self._facts.account_sid,
            "CallSid": self._facts.call_sid,
            "StreamSid": stream_sid,
            "StreamName": name,
            "StreamEvent": event,
            "Timestamp": self._now().isoformat(),
            **({"StreamError": error} if error else {}),
        }
        self._send(event, url, fields, method)

    def cancel(self) -> None:
        """Send no more."""
        for task in self._tasks:
            task.cancel()

    async def drain(self) -> None:
        """Wait until all are sent."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._time.now_ms() / 1000, UTC)

    def _send(self, event: str, url: str, fields: Mapping[str, str], method: str) -> None:
        earlier = self._tasks[-1] if self._tasks else None
        posting = self._post(earlier, event, url, fields, method)
        self._tasks.append(asyncio.get_running_loop().create_task(posting))

    async def _post(
        self,
        earlier: asyncio.Task[None] | None,
        event: str,
        url: str,
        fields: Mapping[str, str],
        method: str,
    ) -> None:
        if earlier is not None:
            await asyncio.gather(earlier, return_exceptions=True)
        try:
            answer = await self._poster.send(url, fields, method)
        except PostProblem as problem:
            self._recorder.tell("callback", event, url=url, status=problem.status)
            self._recorder.problem(f"the status callback {event}: {problem}")
            return
        self._recorder.tell("callback", event, url=url, status=answer.status)
