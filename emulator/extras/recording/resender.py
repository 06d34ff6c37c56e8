"""Sends recorded client traffic to an emulator, and compares the shapes of the answers."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from emulator.errors import EmulatorError
from emulator.extras.recording.differences import ABSENT, Difference, at
from emulator.extras.recording.format import (
    SWITCHING,
    Body,
    Closed,
    Exchange,
    Frame,
    Opened,
    Recording,
    body_of,
)
from emulator.extras.recording.redaction import FORM
from emulator.extras.recording.renaming import Renaming
from emulator.extras.recording.request_names import RequestNames
from emulator.extras.recording.resent_socket import ResentSocket
from emulator.extras.recording.scripts import script_of
from emulator.extras.recording.structural_diff import differing_shapes
from emulator.extras.recording.transcripts import transcripts
from emulator.jsontext import Json, JsonObject
from emulator.redaction.names import HIDDEN

_ANSWER_S = 60  # in addition to the recorded time
_LATE_MS = 1000  # how far the world's time may lag behind the recording's
_POLL_S, _MOST_POLLS = 0.01, 200


class Resender:
    """Sends a recording's client traffic to the emulator at `url`, in its order.

    `keys` are the API keys of its callers by number. `patience_s` is how long to wait for a frame
    that had come before the client sent its next one; `answer_s` is how long an answer may take
    beyond its recorded time.
    """

    def __init__(
        self,
        recording: Recording,
        url: str,
        keys: Mapping[int, str],
        names: RequestNames,
        patience_s: float = 5,
        answer_s: float = _ANSWER_S,
    ) -> None:
        self.notes: list[str] = []
        self._recording = recording
        self._url = url.rstrip("/")
        self._keys = keys
        self._names = names
        self._patience_s = patience_s
        self._answer_s = answer_s
        self._differences: list[Difference] = []
        self._renaming = Renaming()
        self._tokens: dict[int | None, str] = {}
        self._sockets: dict[int, ResentSocket] = {}
        self._conversations = {each.opened.line: each for each in recording.conversations()}
        self._scripts = {
            transcript.conversation.opened.line: script_of([transcript])[0]
            for transcript in transcripts(recording)
        }
        self._began_ms = 0.0  # by this clock, when the recording's first entry was
        self._advanced_ms = 0

    async def run(self) -> list[Difference]:
        """Send all, and return the differences in the recording's order.

        Raises EmulatorError if nobody answers.
        """
        async with self._session() as self._http:
            try:
                await self._send_all()
            except (ClientError, TimeoutError) as error:
                why = str(error) or "no answer came in time"
                raise EmulatorError(f"the emulator at {self._url} has gone: {why}") from None
            finally:
                for socket in self._sockets.values():
                    self._differences += await socket.finish()
        return sorted(self._differences, key=lambda difference: difference.line)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[ClientSession]:
        async with ClientSession(
            connector=TCPConnector(limit=0),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=_ANSWER_S),
            skip_auto_headers=("Content-Type",),
        ) as session:
            yield session

    async def _send_all(self) -> None:
        # The file has an exchange where it was answered, perhaps after frames that it led to.
        entries = sorted(self._recording.entries, key=lambda entry: entry.at_ms)
        for number, entry in enumerate(entries):
            if number == 0:
                self._began_ms = _now_ms() - entry.at_ms
            await self._keep_time(entry.at_ms)
            match entry:
                case Exchange():
                    await self._settle()
                    await self._exchange(entry)
                case Opened():
                    await self._settle()
                    await self._open(entry)
                case Frame() | Closed() if entry.socket in self._sockets:
                    await self._sockets[entry.socket].take(entry)
                    if isinstance(entry, Closed):
                        await self._see_ended(self._sockets[entry.socket])

    async def _settle(self) -> None:
        """Wait until the frames that the server had sent by now have come, in all sockets."""
        for socket in self._sockets.values():
            await socket.settle()

    async def _keep_time(self, at_ms: float) -> None:
        """Advance the emulator's clocks where the client waited when it was recorded."""
        late_ms = at_ms - (_now_ms() - self._began_ms) - self._advanced_ms
        if late_ms < _LATE_MS:
            return
        await self._settle()
        self._advanced_ms += int(late_ms)
        for key in self._keys.values():
            await self.control(key, "POST", "/_emulator/clock/advance", {"seconds": late_ms / 1000})

    async def _see_ended(self, socket: ResentSocket) -> None:
        """Wait until the emulator has ended a chat: it answers the close before."""
        chat = URL(f"{self._url}/v0/evi/chats/{socket.chat_id}")
        headers = {"X-Hume-Api-Key": self._key(socket.opened)}
        for _ in range(_MOST_POLLS if socket.chat_id else 0):
            async with self._http.get(chat, headers=headers) as answer:
                if answer.status != 200 or (await answer.json())["status"] != "ACTIVE":
                    return
            await asyncio.sleep(_POLL_S)

    async def control(self, key: str, method: str, path: str, body: JsonObject) -> None:
        """Call a control route of one world. An emulator that refuses the key has no such world."""
        async with self._http.request(
            method, self._url + path, json=body, headers={"X-Hume-Api-Key": key}
        ) as answer:
            if answer.status not in (200, 201, 204, 401):
                raise EmulatorError(
                    f"{method} {path} at {self._url} answered {answer.status}, "
                    f"{(await answer.text())[:200]}; expected an emulator there"
                )

    # exchanges

    async def _exchange(self, recorded: Exchange) -> None:
        if recorded.broken is not None or _is_cut(recorded.request.body):
            why = recorded.broken or "its body was too large to be kept"
            self.notes.append(f"line {recorded.line}: {recorded.name} was not sent: {why}")
            return
        subject = self._names.name(recorded.method, recorded.path)
        try:
            async with self._http.request(
                recorded.method,
                self._target(recorded),
                headers=self._headers(recorded),
                data=self._body(recorded),
                allow_redirects=False,
                timeout=ClientTimeout(total=recorded.duration_ms / 1000 + self._answer_s),
            ) as answer:
                text = await answer.read()
        except (ClientError, TimeoutError) as error:
            why = str(error) or "none came in time"
            self.notes.append(f"line {recorded.line}: {recorded.name} had no answer: {why}")
            self._differences.append(
                Difference(recorded.line, subject, "/status", recorded.status, ABSENT)
            )
            return
        body, content_type = body_of(text), answer.headers.get("Content-Type", "")
        self._learn(recorded, body)
        found = _answer_differences(recorded, answer.status, content_type, body, subject)
        self._differences += found

    def _learn(self, recorded: Exchange, body: Body | None) -> None:
        before = recorded.response.body
        if body is None or before is None:
            return
        self._renaming.learn(before.value, body.value)
        if isinstance(body.value, dict) and "access_token" in body.value:
            self._tokens[recorded.caller] = body.value["access_token"]

    def _key(self, asked: Exchange | Opened) -> str:
        return self._keys.get(asked.caller or 0, "")

    def _target(self, asked: Exchange | Opened) -> URL:
        """Return the URL with the emulator's ids, and credentials if the client had them there."""
        pairs = [
            pair for pair in asked.query.split("&") if pair and not pair.endswith(f"={HIDDEN}")
        ]
        if asked.credential == "query-key" or self._lacks_token(asked, "query-token"):
            pairs.append(f"api_key={quote(self._key(asked), safe='')}")
        elif asked.credential == "query-token":
            pairs.append(f"access_token={quote(self._tokens[asked.caller], safe='')}")
        query = f"?{'&'.join(pairs)}" if pairs else ""
        return URL(self._url + self._renaming.apply(asked.path + query), encoded=True)

    def _lacks_token(self, asked: Exchange | Opened, credential: str) -> bool:
        """True if the client used a token that was made before the recording."""
        return asked.credential == credential and asked.caller not in self._tokens

    def _headers(self, asked: Exchange | Opened) -> dict[str, str]:
        headers = dict(asked.request.headers)
        key = self._key(asked)
        if asked.credential == "key" or self._lacks_token(asked, "bearer"):
            headers["x-hume-api-key"] = key
        elif asked.credential == "bearer":
            headers["authorization"] = f"Bearer {self._tokens[asked.caller]}"
        elif asked.credential == "basic":
            pair = base64.b64encode(f"{key}:secret".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        return headers

    def _body(self, asked: Exchange) -> bytes | None:
        body = asked.request.body
        if body is None or body.is_binary:
            return None if body is None else body.data()
        text = self._renaming.apply(body.data().decode())
        if asked.request.headers.get("content-type", "").startswith(FORM):
            text = text.replace(f"client_id={HIDDEN}", f"client_id={quote(self._key(asked))}")
            text = text.replace(f"client_secret={HIDDEN}", "client_secret=secret")
        return text.encode()

    # sockets

    async def _open(self, opened: Opened) -> None:
        conversation = self._conversations[opened.line]
        if opened.broken is not None:
            self.notes.append(f"line {opened.line}: {opened.name} was not opened: {opened.broken}")
            return
        if opened.line in self._scripts:
            script = {"script": self._scripts[opened.line]}
            await self.control(self._key(opened), "PUT", "/_emulator/script", script)
        socket = ResentSocket(conversation, self._renaming, self._patience_s)
        status, body = await socket.open(self._target(opened), self._headers(opened))
        if status == opened.status == SWITCHING:
            self._sockets[opened.socket] = socket
            return
        await socket.finish()
        subject = f"WebSocket {opened.path}"
        self._differences += _answer_differences(opened, status, None, body, subject)


def _now_ms() -> float:
    return time.monotonic() * 1000


def _is_cut(body: Body | None) -> bool:
    return body is not None and body.cut is not None


def _answer_differences(
    recorded: Exchange | Opened,
    status: int,
    content_type: str | None,
    body: Body | None,
    subject: str,
) -> Iterator[Difference]:
    """Yield the differences of two answers; bodies are compared only if the status is the same."""
    if recorded.status != status:
        yield Difference(recorded.line, subject, "/status", recorded.status, status)
        return
    before = recorded.response.body
    expected_type = _media_type(recorded.response.headers.get("content-type", ""))
    if content_type is not None and expected_type != _media_type(content_type):
        got = _media_type(content_type)
        yield Difference(recorded.line, subject, "/headers/content-type", expected_type, got)
    if _is_cut(before):
        return
    found = differing_shapes(_shape(before), _shape(body))
    yield from at(recorded.line, subject, ("body",), found)


def _shape(body: Body | None) -> Json:
    """Return JSON as it is, and an empty text for any other body."""
    return ABSENT if body is None else body.value if body.is_json else ""


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
