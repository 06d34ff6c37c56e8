"""Recordings and images that are uploaded: limits, configuration, answers and runs."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.expression import uploads
from emulator.apis.expression.api import MAX_UPLOAD_BYTES
from emulator.apis.expression.errors import EXPRESSION_ERRORS, ExpressionErrorText
from emulator.apis.expression.media import MAX_IMAGE_BYTES
from emulator.apis.expression.script import read_script
from emulator.apis.expression.state import ExpressionState
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World
from tests.apis.expression.media import jpeg, loud, silence, wav, wav_with_format

AUDIO, VIDEO = "/v1/expression/audio/file", "/v1/expression/video/file"
TYPES = {AUDIO: "audio/wav", VIDEO: "image/jpeg"}
Json = Any


def post(
    client: TestClient, path: str, *contents: bytes, config: object = None, label: str = ""
) -> tuple[int, Json]:
    """Upload files, and return the status and the body of the answer."""
    parts: list[tuple[str, Any]] = [
        ("file", (f"{number}", content, label or TYPES[path]))
        for number, content in enumerate(contents)
    ]
    if config is not None:
        text = config if isinstance(config, str) else json.dumps(config)
        parts.append(("config", (None, text, "application/json")))
    answer = client.post(path, files=parts)
    return answer.status_code, answer.json()


def refused(
    client: TestClient, path: str, *contents: bytes, **options: Any
) -> tuple[int, str, str]:
    status, body = post(client, path, *contents, **options)
    assert body.keys() == {"type", "code", "message", "request_id"}, body
    return status, body["code"], body["message"]


def runs(client: TestClient) -> list[Json]:
    return list(client.get("/v1/expression/run").json()["runs"])


@pytest.fixture(autouse=True)
def no_runs(world: World) -> None:
    world.state(ExpressionState).runs.clear()


def say(world: World, text: str) -> None:
    world.state(ExpressionState).script = read_script(text)


def test_a_recording(client: TestClient, world: World) -> None:
    """Its measurements are those of the script; it leaves a run without events."""
    say(world, "speech from 98 ms: joy 0.8, interest 0.4; voice husky 0.9")
    status, body = post(client, AUDIO, wav(silence(26_000)))
    assert status == 200
    assert body["received"] == {"audio_duration_ms": 26_000}
    assert body["utterances"] == [{"utterance_id": 0, "audio_start_ms": 98, "audio_end_ms": 26_000}]
    ends = [each["audio_end_ms"] for each in body["measurements"]]
    assert ends == [*range(3_098, 24_099, 3_000), 26_000]
    last = body["measurements"][-1]
    assert (last["trigger"], last["audio_start_ms"]) == ("speech_ended", 16_000)
    assert last["expressions"][0] == {"name": "joy", "probability": 0.8}
    [run] = runs(client)
    assert (run["run_id"], run["endpoint"], run["mode"]) == (body["run_id"], "audio", "file")
    assert (run["status"], run["metered_seconds"]) == ("ended", 26)
    assert run["bytes_received"] == 26_000 * 32 + 44
    assert client.get(f"/v1/expression/run/{run['run_id']}/events").json()["events"] == []


def test_the_same_recording_scores_the_same(client: TestClient) -> None:
    """As a WAV file or without its header, it has the same utterances."""
    first, second = (post(client, AUDIO, wav(loud(4_000)))[1] for _ in range(2))
    assert first["measurements"] == second["measurements"]
    assert first["run_id"] != second["run_id"]
    raw = post(client, AUDIO, loud(4_000), label="application/octet-stream")[1]
    assert raw["utterances"] == first["utterances"]


def test_the_configuration_of_audio(client: TestClient, world: World) -> None:
    """It says how often to measure, and the run has it."""
    say(world, "speech from 0 ms")
    body = post(client, AUDIO, silence(9_000), config={"measurement_timer_ms": 4_000})[1]
    assert [each["audio_end_ms"] for each in body["measurements"]] == [4_000, 8_000, 9_000]
    run = client.get(f"/v1/expression/run/{body['run_id']}").json()
    assert run["config"]["measurement_timer_ms"] == 4_000


@pytest.mark.parametrize(
    ("path", "config", "words"),
    [
        (
            AUDIO,
            {"measurement_timer_ms": 2_999},
            "/config/measurement_timer_ms: Input should be gr",
        ),
        (AUDIO, {"measurement_timer_ms": 10_001}, "less than or equal to 10000"),
        (AUDIO, {"measurement_timer_ms": "3 s"}, "a valid integer"),
        (AUDIO, {"measurement_timer": 3_000}, "did you mean 'measurement_timer_ms'?"),
        (AUDIO, "{", "/config: JSON decode error"),
        (AUDIO, "[]", "/config: Input should be a valid dictionary"),
        (VIDEO, {"face": {"threshold": 1.1}}, "/config/face/threshold: Input should be less than"),
        (VIDEO, {"face": {"min_size": 0}}, "greater than or equal to 1"),
        (VIDEO, {"face": {"min_size": None}}, "a valid integer"),
        (VIDEO, {"face": {"treshold": 0.5}}, "did you mean 'threshold'?"),
        (VIDEO, {"faces": {}}, "config has no field 'faces' (did you mean 'face'?)"),
        (VIDEO, {"treshold": 0.5}, "did you mean 'face.threshold'?); it takes face, face_state"),
        (VIDEO, {"min_size": 50}, "did you mean 'face.min_size'?"),
        (AUDIO, {"face": {}}, "config has no field 'face'; it takes measurement_timer_ms"),
        (VIDEO, {"face": {"return_face_state": "x"}}, "a valid boolean"),
    ],
)
def test_a_wrong_configuration(client: TestClient, path: str, config: object, words: str) -> None:
    """It is refused, also for a field that does not exist, and leaves no run."""
    content = silence(100) if path == AUDIO else jpeg()
    status, code, message = refused(client, path, content, config=config)
    assert (status, code) == (400, "config_invalid")
    assert words in message
    assert runs(client) == []


@pytest.mark.parametrize(
    ("content", "status", "code", "words"),
    [
        (wav(silence(10), 44_100), 400, "audio_decode_failed", "44100 Hz"),
        (wav_with_format(1, 2, 16_000, 16), 400, "audio_decode_failed", "2 channels"),
        (wav_with_format(3, 1, 16_000, 32), 400, "audio_decode_failed", "floating point"),
        (b"", 400, "audio_decode_failed", "is empty"),
        (b"abc", 400, "audio_decode_failed", "an odd number of bytes, 3"),
        (b"fLaC" + bytes(100), 415, "unsupported_media_type", "FLAC"),
        (b"RIFF\0\0\0\0AVI ", 415, "unsupported_media_type", "not WAV"),
    ],
)
def test_a_recording_that_is_refused(
    client: TestClient, content: bytes, status: int, code: str, words: str
) -> None:
    """By its content, whatever its label says; the message tells what it has."""
    found = refused(client, AUDIO, content)
    assert found[:2] == (status, code)
    assert words in found[2]
    assert runs(client) == []


def test_images(client: TestClient, world: World) -> None:
    """A result for each, in order; a face keeps its number; a third of a second is metered."""
    say(
        world,
        "face at 40,30 to 200,230: amusement 0.7; shows smile 0.9\n"
        "face at 300,30 to 380,99 in frame 1",
    )
    status, body = post(client, VIDEO, jpeg(), jpeg(), *[jpeg()] * 40)
    assert status == 200
    assert body["received"] == {"frames": 42}
    assert [each["frame_id"] for each in body["measurements"]] == list(range(42))
    assert [len(each["faces"]) for each in body["measurements"][:3]] == [1, 2, 1]
    assert {each["faces"][0]["face_id"] for each in body["measurements"]} == {0}
    assert "face_state" not in body
    assert runs(client)[0]["metered_seconds"] == 14


def test_faces_go_on(client: TestClient, world: World) -> None:
    """With the state of an earlier answer, for a day, if it is whole and of this world."""
    say(world, "face at 0,0 to 100,100\nface at 200,0 to 290,90")
    wanted = {"face": {"return_face_state": True}}
    state = post(client, VIDEO, jpeg(), config=wanted)[1]["face_state"]
    say(world, "face at 200,0 to 290,90")

    def number(face_state: str) -> int:
        body = post(client, VIDEO, jpeg(), config={"face_state": face_state})[1]
        return int(body["measurements"][0]["faces"][0]["face_id"])

    assert number(state) == 1
    changed = state[:50] + ("A" if state[50] != "A" else "B") + state[51:]
    assert [number(each) for each in (changed, state[:-4], "no state", "x" * 20_000)] == [0] * 4
    world.freeze()
    list(world.advancing(24 * 60 * 60 * 1000 - 1_000_000))
    assert number(state) == 1
    list(world.advancing(1_000_000))
    assert number(state) == 0


@pytest.mark.parametrize(
    ("contents", "status", "code", "words"),
    [
        ([jpeg(), b"\x89PNG"], 415, "unsupported_media_type", "Image 1: "),
        ([b"\xff\xd8\xff"], 400, "image_decode_failed", "Image 0: "),
        ([jpeg(3_840, 2_161)], 413, "image_too_large", "at most 8294400"),
        ([jpeg(size=MAX_IMAGE_BYTES + 1)], 413, "image_too_large", "at most 2000000"),
    ],
)
def test_one_bad_image_fails_all(
    client: TestClient, contents: list[bytes], status: int, code: str, words: str
) -> None:
    """The message says which, and there is no run."""
    found = refused(client, VIDEO, *contents)
    assert found[:2] == (status, code)
    assert words in found[2]
    assert runs(client) == []


def test_limits_are_exact(client: TestClient) -> None:
    """Of an image's bytes and pixels, and of the whole body."""
    assert post(client, VIDEO, jpeg(size=MAX_IMAGE_BYTES))[0] == 200
    assert post(client, VIDEO, jpeg(3_840, 2_160))[0] == 200
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="aa"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    room = MAX_UPLOAD_BYTES - len(head) - len(b"\r\n--x--\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    def send(size: int) -> Json:
        body = head + bytes(size) + b"\r\n--x--\r\n"
        return client.post(AUDIO, content=body, headers=headers)

    assert room % 2 == 0
    assert send(room).status_code == 200
    answer = send(room + 1)
    assert (answer.status_code, answer.json()["code"]) == (413, "audio_too_long")
    answer = client.post(VIDEO, content=bytes(MAX_UPLOAD_BYTES + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


def test_what_is_no_form(client: TestClient) -> None:
    """Another media type, a broken form, and a form without a file."""
    answer = client.post(AUDIO, json={})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.json()["message"] == (
        "The Content-Type is 'application/json', expected 'multipart/form-data': send a form with "
        "a part named file."
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(AUDIO, content=b"--y", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "message_invalid")
    assert refused(client, AUDIO, config={})[:2] == (400, "message_invalid")
    answer = client.post(AUDIO, files={"audio": ("a.wav", wav(silence(10)), "audio/wav")})
    assert answer.json()["message"] == "/file: Field required: name the part with the media 'file'"
    answer = client.post(AUDIO, content=b"RIFF")
    assert "Set no Content-Type yourself" in answer.json()["message"]


def test_a_configuration_with_a_filename(client: TestClient) -> None:
    """A browser's FormData can give a part a type only with a filename."""
    parts = {
        "file": ("a.wav", wav(silence(10)), "audio/wav"),
        "config": ("blob", b'{"measurement_timer_ms": 4000}', "application/json"),
    }
    run_id = client.post(AUDIO, files=parts).json()["run_id"]
    run = client.get(f"/v1/expression/run/{run_id}").json()
    assert run["config"]["measurement_timer_ms"] == 4_000


def test_a_measurement_that_fails(client: TestClient, world: World) -> None:
    """It leaves a run that has failed and costs nothing."""
    say(world, "fail at 1 s\nfail in frame 0")
    for path, content in ((AUDIO, loud(3_000)), (VIDEO, jpeg())):
        assert refused(client, path, content)[:2] == (500, "internal_error")
        run = runs(client)[0]
        assert (run["status"], run["metered_seconds"]) == ("errored", 0)


def test_faults_by_name(client: TestClient) -> None:
    """Each has its status; a limit of requests is the gateway's."""
    rule = {"kind": "http", "fault": "status", "error": "server_busy", "times": 1}
    client.post("/_emulator/faults", json={**rule, "operation": "audio-measure"})
    assert refused(client, AUDIO, silence(10)) == (
        503,
        "server_busy",
        "The server is busy: try again later.",
    )
    assert client.get("/v1/expression/run", headers={"Prefer": "code=429"}).json() == {
        "message": "Asked for by the header 'Prefer'."
    }


@pytest.mark.parametrize(
    "text", [each for each in EXPRESSION_ERRORS.values() if each.status], ids=lambda each: each.code
)
def test_a_fault_may_ask_for_each_error(client: TestClient, text: ExpressionErrorText) -> None:
    """By its code, with its own status and message; other APIs may have one of that name."""
    rule = {"kind": "http", "fault": "status", "error": text.code, "operation": "video-measure"}
    client.post("/_emulator/faults", json=rule)
    assert refused(client, VIDEO, jpeg()) == (text.status, text.code, text.message)


@pytest.mark.parametrize(
    ("path", "content", "label", "expected"),
    [
        (AUDIO, silence(10), "audio/wav", "application/octet-stream"),
        (AUDIO, wav(silence(10)), "application/octet-stream", "audio/wav"),
        (AUDIO, wav(silence(10)), "audio/x-wav", None),
        (VIDEO, jpeg(), "image/png", "image/jpeg"),
        (VIDEO, jpeg(), "image/jpeg", None),
    ],
)
def test_a_wrong_label_is_a_finding(
    client: TestClient, world: World, path: str, content: bytes, label: str, expected: str | None
) -> None:
    """It is read all the same."""
    assert post(client, path, content, label=label)[0] == 200
    found = [(each.finding.code, each.finding.expected) for each in world.ledger.found]
    assert found == ([] if expected is None else [("media_mislabelled", expected)])


def test_findings_about_many_images_are_few(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has so many at most, whatever it holds."""
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 3)
    assert post(client, VIDEO, *[jpeg()] * 5, label="image/png")[0] == 200
    assert len(world.ledger.found) == 3


def test_what_is_refused_is_found(client: TestClient, world: World) -> None:
    """The contract has each problem of the configuration, at its place."""
    post(
        client,
        AUDIO,
        silence(10),
        config={"measurement_timer": 1},
        label="application/octet-stream",
    )
    assert [(each.finding.code, each.finding.place) for each in world.ledger.found] == [
        ("request_invalid", "/body/config/measurement_timer")
    ]
    world.ledger.clear()
    post(client, VIDEO, jpeg(), config={"face": {"treshold": 0.5}})
    [found] = [each.finding for each in world.ledger.found]
    assert (found.code, found.place) == ("request_invalid", "/body/config/face/treshold")
    assert "threshold" in found.hint


def test_gateway_answers(client: TestClient) -> None:
    """A caller without a key, or with a refused one, gets no code; the latter an id."""

    app = new_app(Settings(api_key=("good",)))
    without = TestClient(app).get("/v1/expression/run")
    assert (without.status_code, list(without.json())) == (401, ["message"])
    headers = {"X-Hume-Api-Key": "bad"}
    wrong = TestClient(app, headers=headers).get("/v1/expression/run").json()
    assert wrong.keys() == {"message", "request_id"}
    assert wrong["message"] == "Invalid ApiKey"


def test_credentials_count_in_headers_alone(client: TestClient) -> None:
    """As a key or a token; in the query they count for nothing, and the message says so."""
    token = client.post(
        "/oauth2-cc/token", data={"grant_type": "client_credentials"}, auth=("key", "secret")
    ).json()["access_token"]
    without = TestClient(client.app)
    headers = {"Authorization": f"Bearer {token}"}
    assert without.get("/v1/expression/run", headers=headers).status_code == 200
    for name, value in (("api_key", "key"), ("apiKey", "key"), ("access_token", token)):
        answer = without.get("/v1/expression/run", params={name: value})
        assert answer.status_code == 401
        assert "X-Hume-Api-Key" in answer.json()["message"]
