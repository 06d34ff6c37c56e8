"""The vendor's client for Python: uploads, runs, sockets, and its helpers, all unmodified."""

import asyncio
import contextlib
import io
import wave
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.expression.media import jpeg, loud, silence
from tests.apis.expression.vendor import (
    ApiError,
    AsyncExpressionMeasurementClient,
    AudioFileConfig,
    AudioMeasurementResult,
    AudioSessionClosed,
    AudioSessionCreated,
    AudioSessionUpdate,
    AudioSessionUpdated,
    Error,
    ExpressionMeasurementClient,
    ExpressionMeasurementClientEnvironment,
    FaceConfigUpdate,
    JpegSplitter,
    SessionClose,
    SessionEndedError,
    UtteranceEnd,
    UtteranceStart,
    VideoFileConfig,
    VideoFileConfigFace,
    VideoFrame,
    VideoMeasurementResult,
    VideoSessionClosed,
    VideoSessionCreated,
    VideoSessionUpdate,
    VideoSessionUpdated,
    _policy,
    reconnecting,
    stream_video,
)

# The vendor's client imports names that websockets means to remove.
pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
    "ignore:websockets.legacy.client.* is deprecated:DeprecationWarning",
    "ignore:websockets.client.* is deprecated:DeprecationWarning",
    "ignore:remove second argument of ws_handler:DeprecationWarning",
)
CLOSE = SessionClose(type="session.close")
SCRIPT = """
speech from 100 ms to 4 s: joy 0.8, interest 0.4; voice husky 0.9
face at 40,30 to 200,230: amusement 0.7; shows smile 0.9
"""
TIMEOUT_S = 20


def environment(evi: Evi) -> ExpressionMeasurementClientEnvironment:
    return ExpressionMeasurementClientEnvironment(
        base=evi.url, production=f"ws{evi.url.removeprefix('http')}"
    )


@pytest.fixture
def client(evi: Evi) -> Iterator[ExpressionMeasurementClient]:
    """The client, in a world with a script."""
    evi.expression.script(SCRIPT)
    with httpx.Client(trust_env=False, timeout=TIMEOUT_S) as http:
        yield ExpressionMeasurementClient(
            api_key=evi.api_key, environment=environment(evi), httpx_client=http
        )


@pytest.fixture
def async_client(evi: Evi) -> AsyncExpressionMeasurementClient:
    evi.expression.script(SCRIPT)
    return AsyncExpressionMeasurementClient(api_key=evi.api_key, environment=environment(evi))


@pytest.fixture
def reconnects_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests what the client waits before it connects again: 1 to 5 s."""
    monkeypatch.setattr(_policy, "_FIRST_DELAY_RANGE", (0.01, 0.01))


def wav_file(pcm: bytes, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()


# uploads and runs


def test_audio_files(client: ExpressionMeasurementClient) -> None:
    """WAV and samples alone, with and without a configuration."""
    pcm = silence(5_000)
    found = client.audio.measure(file=("speech.wav", wav_file(pcm), "audio/wav"))
    assert found.received.audio_duration_ms == 5_000
    assert [(each.audio_start_ms, each.audio_end_ms) for each in found.utterances] == [(100, 4_000)]
    spans = [(each.audio_end_ms, each.trigger) for each in found.measurements]
    assert spans == [(3_100, "interval")]
    assert [score.name for score in found.measurements[0].expressions] == ["joy", "interest"]
    raw = client.audio.measure(
        file=("speech.pcm", pcm, "application/octet-stream"),
        config=AudioFileConfig(measurement_timer_ms=5_000),
    )
    assert [each.trigger for each in raw.measurements] == ["speech_ended"]
    assert raw.measurements[0].voice_attributes[0].name == "husky"


def test_images(client: ExpressionMeasurementClient) -> None:
    """Several in a request; the state of their faces goes on to the next one."""
    image = ("photo.jpg", jpeg(), "image/jpeg")
    config = VideoFileConfig(face=VideoFileConfigFace(threshold=0.8, return_face_state=True))
    found = client.video.measure(file=[image, image], config=config)
    assert found.received.frames == 2
    face = found.measurements[1].faces[0]
    assert (face.face_id, face.bbox) == (0, [40, 30, 200, 230])
    assert face.expressions is not None
    assert face.expressions[0].name == "amusement"
    again = client.video.measure(file=[image], config=VideoFileConfig(face_state=found.face_state))
    assert again.measurements[0].faces[0].face_id == 0


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (wav_file(silence(9), 44_100), 400, "audio_decode_failed"),
        (b"fLaC", 415, "unsupported_media_type"),
    ],
)
def test_files_that_are_refused(
    client: ExpressionMeasurementClient, file: bytes, status: int, code: str
) -> None:
    """The client has the code."""
    with pytest.raises(ApiError) as info:
        client.audio.measure(file=("x", file, "audio/wav"))
    assert (info.value.status_code, info.value.body.code) == (status, code)


def test_runs(client: ExpressionMeasurementClient) -> None:
    """Listed with filters, page by page; one, and its events."""
    image = ("photo.jpg", jpeg(), "image/jpeg")
    ids = [client.video.measure(file=[image]).run_id for _ in range(3)]
    page = client.runs.list(endpoint="video", mode="file", page_size=2)
    assert [run.run_id for run in page.runs] == [ids[2], ids[1]]
    rest = client.runs.list(endpoint="video", mode="file", page_size=2, cursor=page.next_cursor)
    assert ids[0] in [run.run_id for run in rest.runs]
    run = client.runs.get(ids[0])
    assert (run.status, run.metered_seconds, run.close_code) == ("ended", 10, None)
    assert client.runs.list_events(ids[0]).events == []
    with pytest.raises(ApiError) as info:
        client.runs.get("nothing")
    assert info.value.status_code == 404


async def _measure(evi: Evi) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as http:
        client = AsyncExpressionMeasurementClient(
            api_key=evi.api_key, environment=environment(evi), httpx_client=http
        )
        found = await client.audio.measure(file=("speech.wav", wav_file(silence(9)), "audio/wav"))
        run = await client.runs.get(found.run_id)
        assert (run.endpoint, run.mode) == ("audio", "file")


def test_the_async_client(evi: Evi) -> None:
    """The asynchronous client sends the requests of the other one."""
    asyncio.run(_measure(evi))


# sockets


def test_a_socket_of_audio(client: ExpressionMeasurementClient) -> None:
    """Every message is one of the client's models."""
    got: list[Any] = []
    with client.audio.connect() as socket:
        got.append(socket.recv())
        socket.send_audio_session_update(
            AudioSessionUpdate(type="session.update", measurement_timer_ms=10_000)
        )
        socket.send_audio_frame(silence(5_000))
        socket.send_audio_frame(b"x")
        socket.send_audio_session_close(CLOSE)
        got += socket
    assert [type(each) for each in got] == [
        AudioSessionCreated,
        AudioSessionUpdated,
        UtteranceStart,
        AudioMeasurementResult,
        UtteranceEnd,
        Error,
        AudioSessionClosed,
    ]
    assert got[3].expressions[0].name == "joy"
    assert got[-1].produced.measurements == 1
    run = client.runs.get(got[0].session_id)
    assert (run.status, run.close_reason, run.config.measurement_timer_ms) == (
        "ended",
        "client_request",
        10_000,
    )
    assert [each.kind for each in client.runs.list_events(run.run_id).events] == [
        "invalid_audio_frame"
    ]


def test_a_socket_of_video(client: ExpressionMeasurementClient) -> None:
    """So is every one of these."""
    got: list[Any] = []
    with client.video.connect() as socket:
        got.append(socket.recv())
        socket.send_video_session_update(
            VideoSessionUpdate(type="session.update", face=FaceConfigUpdate(threshold=0.5))
        )
        socket.send_image_frame(jpeg())
        socket.send_image_frame(b"")
        socket.send_video_session_close(CLOSE)
        got += socket
    assert [type(each) for each in got] == [
        VideoSessionCreated,
        VideoSessionUpdated,
        VideoMeasurementResult,
        Error,
        VideoSessionClosed,
    ]
    assert got[2].faces[0].descriptions[0].name == "smile"
    assert got[-1].produced.measurements == 1


async def _hear(async_client: AsyncExpressionMeasurementClient) -> list[Any]:
    async with async_client.audio.connect() as socket:
        await socket.send_audio_frame(silence(5_000))
        await socket.send_audio_session_close(CLOSE)
        return [message async for message in socket]


def test_a_socket_measures_what_an_upload_does(
    evi: Evi, client: ExpressionMeasurementClient
) -> None:
    """Equal audio has equal results, with equal scores."""
    evi.expression.script("")
    pcm = loud(1_500) + silence(400)
    found = client.audio.measure(file=("x.pcm", pcm, "application/octet-stream"))
    with client.audio.connect() as socket:
        for at in range(0, len(pcm), 3_000):
            socket.send_audio_frame(pcm[at : at + 3_000])
        socket.send_audio_session_close(CLOSE)
        results = [each for each in socket if isinstance(each, AudioMeasurementResult)]
    assert [each.dict() for each in found.measurements] == [
        {name: value for name, value in each.dict().items() if name != "type"} for each in results
    ]


def test_an_async_socket(async_client: AsyncExpressionMeasurementClient) -> None:
    """The asynchronous client connects in a way of its own."""
    got = asyncio.run(_hear(async_client))
    assert got[-1].produced.measurements == 1


def test_a_key_that_is_refused() -> None:
    """The client raises what it raises for the service."""
    with Emulator(api_key=["mine"]) as emulator:
        client = ExpressionMeasurementClient(
            api_key="another", environment=environment(emulator.world("mine"))
        )
        with pytest.raises(ApiError) as info, client.audio.connect():
            pass
        assert info.value.status_code == 401


# reconnecting


@pytest.mark.usefixtures("reconnects_soon")
@pytest.mark.parametrize("fault", ["close", "vanish", "error"])
def test_it_reconnects(evi: Evi, client: ExpressionMeasurementClient, fault: str) -> None:
    """After a restart, a lost connection, and audio's internal error; with the last update."""
    options: dict[str, dict[str, Any]] = {
        "close": {"code": 1012},
        "error": {"error": "internal_error"},
    }
    evi.faults.add("socket", fault, type="utterance.start", times=1, **options.get(fault, {}))
    created = list[str]()
    with reconnecting(client.audio) as socket:
        socket.send_audio_session_update(
            AudioSessionUpdate(type="session.update", measurement_timer_ms=4_000)
        )
        socket.send_audio_frame(silence(500))
        for message in socket:
            if isinstance(message, AudioSessionCreated):
                created.append(message.session_id)
            if isinstance(message, AudioSessionUpdated) and len(created) == 2:
                assert message.measurement_timer_ms == 4_000
                socket.send_audio_session_close(CLOSE)
    assert len(set(created)) == 2
    assert [client.runs.get(id).status for id in created] == ["errored", "ended"]


async def _reconnect(async_client: AsyncExpressionMeasurementClient) -> list[Any]:
    got = []
    async with asyncio.timeout(TIMEOUT_S), reconnecting(async_client.audio) as socket:
        await socket.send_audio_frame(silence(500))
        async for message in socket:
            got.append(message)
            if len(got) == 2:
                await socket.send_audio_session_close(CLOSE)
    return got


@pytest.mark.usefixtures("reconnects_soon")
def test_an_async_socket_reconnects(
    evi: Evi, async_client: AsyncExpressionMeasurementClient
) -> None:
    """As the other one does."""
    evi.faults.add("socket", "vanish", type="utterance.start", times=1)
    got = asyncio.run(_reconnect(async_client))
    assert [type(each) for each in got] == [
        AudioSessionCreated,
        AudioSessionCreated,
        AudioSessionClosed,
    ]


@pytest.mark.usefixtures("reconnects_soon")
def test_it_reconnects_after_a_shutdown(evi: Evi, client: ExpressionMeasurementClient) -> None:
    """A reset ends sessions as a server does that stops."""
    reasons = list[str]()
    with reconnecting(client.video) as socket:
        assert isinstance(socket.recv(), VideoSessionCreated)
        evi.reset()
        for message in socket:
            if isinstance(message, VideoSessionClosed):
                reasons.append(message.reason)
            elif isinstance(message, VideoSessionCreated):
                socket.send_video_session_close(CLOSE)
    assert reasons == ["server_shutdown", "client_request"]


def test_it_does_not_reconnect_after_a_mistake(client: ExpressionMeasurementClient) -> None:
    """A configuration that is refused must be changed first."""
    with reconnecting(client.audio) as socket:
        socket.send_audio_session_update(
            AudioSessionUpdate(type="session.update", measurement_timer_ms=1)
        )
        with pytest.raises(ConnectionClosed) as info:
            list(socket)
    assert info.value.rcvd is not None
    assert (info.value.rcvd.code, info.value.rcvd.reason) == (1008, "error")


@pytest.mark.slow
def test_it_reconnects_in_its_own_time(evi: Evi, client: ExpressionMeasurementClient) -> None:
    """It waits 1 to 5 s before it connects again."""
    evi.faults.add("socket", "vanish", type="utterance.start", times=1)
    with reconnecting(client.audio) as socket:
        socket.send_audio_frame(silence(500))
        kinds = [type(socket.recv()) for _ in range(2)]
    assert kinds == [AudioSessionCreated, AudioSessionCreated]


# streams of video


async def frames(count: int, data: bytes = jpeg()) -> AsyncIterator[VideoFrame]:
    for number in range(count):
        yield VideoFrame(data=data, timestamp_ms=number * 100)


async def _stream(
    async_client: AsyncExpressionMeasurementClient,
    source: AsyncIterator[VideoFrame],
    live: bool = False,
) -> tuple[list[Any], Any]:
    """Return the replies and the stream."""
    replies = []
    async with asyncio.timeout(TIMEOUT_S), async_client.video.connect() as socket:
        stream = stream_video(socket, source, live=live)
        async with contextlib.aclosing(aiter(stream)) as given:
            replies = [reply async for reply in given]
    return replies, stream


def test_streams_of_video(async_client: AsyncExpressionMeasurementClient) -> None:
    """Each frame has its reply; the stream closes its session, and has the totals."""
    replies, stream = asyncio.run(_stream(async_client, frames(4)))
    assert [(each.timestamp_ms, each.result.frame_id) for each in replies] == [
        (0, 0),
        (100, 1),
        (200, 2),
        (300, 3),
    ]
    assert (stream.closed.reason, stream.closed.produced.measurements) == ("client_request", 4)


def test_a_frame_that_fails_is_sent_again(
    evi: Evi, async_client: AsyncExpressionMeasurementClient
) -> None:
    """What is no image, or too large, has an error."""
    evi.expression.script("fail in frame 0")

    async def source() -> AsyncIterator[VideoFrame]:
        yield VideoFrame(data=jpeg(), timestamp_ms=0)
        yield VideoFrame(data=b"no image", timestamp_ms=1)
        yield VideoFrame(data=jpeg(size=2_000_001), timestamp_ms=2)

    replies, _ = asyncio.run(_stream(async_client, source()))
    assert [each.error and each.error.code for each in replies] == [
        None,
        "invalid_image_frame",
        "message_too_large",
    ]
    kinds = [each["kind"] for each in evi.expression.expect("video")["events"]]
    assert kinds == ["inference_failed", "invalid_image_frame"]


def test_a_frame_that_comes_too_early_is_sent_again(
    evi: Evi, async_client: AsyncExpressionMeasurementClient
) -> None:
    """The client waits as long as its halved rate says."""
    evi.faults.add("socket", "error", error="rate_limited", type="session.created")
    replies, stream = asyncio.run(_stream(async_client, frames(1)))
    assert [each.error for each in replies] == [None]
    assert stream.closed.received.frames == 1
    assert [each["kind"] for each in evi.expression.expect("video")["events"]] == ["rate_limited"]


def test_a_live_stream_drops_frames(async_client: AsyncExpressionMeasurementClient) -> None:
    """Those that the rate has no room for."""
    replies, stream = asyncio.run(_stream(async_client, frames(3), live=True))
    assert (len(replies), stream.dropped_frames) == (1, 2)


def test_a_stream_that_is_ended(evi: Evi, async_client: AsyncExpressionMeasurementClient) -> None:
    """By a server that shuts down: the client says so."""

    async def source() -> AsyncIterator[VideoFrame]:
        yield VideoFrame(data=jpeg(), timestamp_ms=0)
        await asyncio.to_thread(evi.reset)
        await asyncio.Event().wait()

    with pytest.raises(SessionEndedError) as info:
        asyncio.run(_stream(async_client, source()))
    assert info.value.closed is not None
    assert info.value.closed.reason == "server_shutdown"


def test_failures_in_a_row_end_a_stream(
    evi: Evi, async_client: AsyncExpressionMeasurementClient
) -> None:
    """The client has the code of the fifth one."""
    evi.expression.script("fail in frames 0 to 9")
    with pytest.raises(SessionEndedError) as info:
        asyncio.run(_stream(async_client, frames(9)))
    assert info.value.code == "internal_error"
    assert info.value.closed is not None
    assert info.value.closed.reason == "error"


def test_images_of_the_tests_are_whole() -> None:
    """The client's splitter finds them in a stream."""
    images, splitter = [jpeg(), jpeg(32, 32)], JpegSplitter()
    stream = b"".join(images)
    pieces = [stream[at : at + 50] for at in range(0, len(stream), 50)]
    assert [image for piece in pieces for image in splitter.push(piece)] == images
