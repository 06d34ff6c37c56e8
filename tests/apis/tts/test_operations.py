"""The operations that speak: refusals, and generations, voices and chats in one world."""

import json
from base64 import b64decode
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.tts import plan
from emulator.apis.tts.generation import new_generations
from emulator.apis.tts.request import Source, read_request
from emulator.apis.voices.state import VoicesState
from emulator.audio.sound import Sound, Tones
from emulator.errors import ApiError
from emulator.resources import bundled, read_data
from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import World
from tests.apis.tts.speaking import (
    AVA,
    AVA_SAYS,
    DEMO,
    NOBODY,
    SAY,
    findings,
    generation,
    record,
    say,
)

Json = Any
STREAM = "/v0/tts/stream/json"
DESCRIBED = {"utterances": [{"text": "Hello.", "voice": AVA, "description": "softly"}]}


@pytest.fixture
def voice(client: TestClient) -> Json:
    """A custom voice that is made of the demo seed's generation."""
    answer = client.post("/v0/tts/voices", json={"generation_id": DEMO, "name": "Guide"})
    assert answer.status_code == 200
    return answer.json()


# refusals


@pytest.mark.parametrize(
    ("path", "body", "slug", "message"),
    [
        ("/v0/tts", {**SAY, "version": "2"}, "voice_required", "Utterance 0 has no voice"),
        (STREAM, SAY, "voice_required", "or set instant_mode to false"),
        (STREAM, {**SAY, "instant_mode": True}, "voice_required", "instant mode needs one"),
        ("/v0/tts/stream/file", SAY, "voice_required", "give it a voice, or a context"),
        (
            STREAM,
            {**AVA_SAYS, "num_generations": 2},
            "instant_mode_single_generation",
            "must be 1 or left out, got 2",
        ),
        ("/v0/tts", {**DESCRIBED, "version": "2"}, "description_unsupported", "Utterance 0"),
        (
            "/v0/tts",
            {"utterances": [{"text": "a", "voice": {"name": "Nobody"}}]},
            "voice_not_found",
            "No voice has the name 'Nobody' and the provider CUSTOM_VOICE",
        ),
        (
            "/v0/tts",
            {**AVA_SAYS, "context": {"generation_id": NOBODY}},
            "generation_not_found",
            NOBODY,
        ),
        (
            "/v0/tts",
            {"utterances": [{"text": "far too long. " * 350}] * 12},
            "generation_too_long",
            "--max-generation-seconds",
        ),
    ],
    ids=str,
)
def test_refusals(client: TestClient, path: str, body: Json, slug: str, message: str) -> None:
    """Each is a 400 in the service's envelope; its message says what to do."""
    answer = client.post(path, json=body)
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert (said["status_code"], said["details"]["slug"]) == (400, slug)
    assert said["details"]["type"] == "error"
    assert message in said["message"]


def test_a_request_far_too_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is planned than the limit allows; nothing is remembered."""
    planned: list[str] = []

    class Counting(Tones):
        def speak(self, text: str, *more: Any) -> Sound:
            planned.append(text)
            return super().speak(text, *more)

    monkeypatch.setattr(plan, "voice_of", lambda voice: Counting())
    body = {"utterances": [{"text": "Go. " * 1250}] * 100, "num_generations": 5}
    request = read_request(Source(world, [], streams=False), body)
    before = world.state(VoicesState).generations.ids()
    with pytest.raises(ApiError, match="1800"):
        new_generations(world, request, None, "synthesize-json")
    assert len(planned) < 10_000
    assert world.state(VoicesState).generations.ids() == before


def test_marks_without_end(client: TestClient) -> None:
    """A text of nothing else is looked through once, or this would take half a minute."""
    body = {"utterances": [{"text": "!" * 5000}] * 10, "num_generations": 5}
    assert client.post("/v0/tts/file", json=body).status_code == 200


def test_a_voice_for_version_2_alone(client: TestClient) -> None:
    """It is refused with version 1, and chooses version 2 if none is named."""
    name = next(
        voice["name"]
        for voice in read_data(bundled("fixtures/voices.yaml"))
        if voice.get("compatible_octave_models") == ["2"]
    )
    body = {"utterances": [{"text": "Hi.", "voice": {"name": name, "provider": "HUME_AI"}}]}
    answer = client.post("/v0/tts", json={**body, "version": "1"})
    assert (answer.status_code, answer.json()["details"]["slug"]) == (400, "voice_incompatible")
    assert f"The voice {name!r} of utterance 0 works with version 2" in answer.json()["message"]
    id = generation(client, body)["generation_id"]
    assert record(client, id)["version"] == "2"


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        (SAY, "1"),
        (AVA_SAYS, "1"),
        (DESCRIBED, "1"),
        ({**AVA_SAYS, "include_timestamp_types": ["word"]}, "2"),
        ({**AVA_SAYS, "version": "2"}, "2"),
    ],
    ids=str,
)
def test_the_version_that_speaks(client: TestClient, body: Json, chosen: str) -> None:
    """What the request needs decides, unless it names one."""
    assert record(client, generation(client, body)["generation_id"])["version"] == chosen


def test_instant_mode_where_it_does_nothing(client: TestClient) -> None:
    """It is ignored with a finding; --strict refuses it."""
    say(client, instant_mode=True)
    assert [code for code, _, _ in findings(client)] == ["instant_mode_ignored"]

    strict = TestClient(new_app(Settings(strict=True)), headers={"X-Hume-Api-Key": "k"})
    answer = strict.post("/v0/tts", json={**AVA_SAYS, "instant_mode": True})
    assert (answer.status_code, answer.json()["details"]["slug"]) == (
        400,
        "instant_mode_unsupported",
    )


def test_timestamps_of_version_1(client: TestClient) -> None:
    """A description asks for version 1, which has none; the request is answered all the same."""
    made = generation(client, DESCRIBED, include_timestamp_types=["word"])
    assert made["snippets"][0][0]["timestamps"] == []
    assert [code for code, _, _ in findings(client)] == ["timestamps_ignored"]


def test_with_lenient_tts() -> None:
    """A stream without a voice has instant mode off, unless it asks for it."""
    app = new_app(Settings(lenient_tts=True))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    assert client.post(STREAM, json=SAY).status_code == 200
    assert client.post(STREAM, json={**SAY, "num_generations": 2}).status_code == 200
    assert client.post(STREAM, json={**SAY, "instant_mode": True}).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "code", "slug"),
    [
        ("zero_credits", 400, "E0300", "zero_credits"),
        ("E0300", 400, "E0300", "zero_credits"),
        ("voice_not_found", 400, "E0101", "voice_not_found"),
        ("rate_limit_exceeded", 429, "EMU21", "rate_limit_exceeded"),
    ],
)
def test_an_error_to_order(
    client: TestClient, error: str, status: int, code: str, slug: str
) -> None:
    """A fault gives it to a request in the envelope that the request's own errors have."""
    client.post("/_emulator/faults", json={"kind": "http", "fault": "status", "error": error})
    answer = client.post("/v0/tts", json=AVA_SAYS)
    details = {"type": "error", "code": code, "slug": slug}
    said = answer.json()
    assert (answer.status_code, said["status_code"], said["details"]) == (status, status, details)


# what clients get wrong


@pytest.mark.parametrize(
    ("change", "place", "meant"),
    [
        ({"instantMode": False}, "/body/instantMode", "instant_mode"),
        ({"numGenerations": 1}, "/body/numGenerations", "num_generations"),
        ({"splitUtterances": True}, "/body/splitUtterances", "split_utterances"),
        ({"stripHeaders": True}, "/body/stripHeaders", "strip_headers"),
        (
            {"includeTimestampTypes": ["word"]},
            "/body/includeTimestampTypes",
            "include_timestamp_types",
        ),
        (
            {"utterances": [{"text": "a", "voice": AVA, "trailingSilence": 1}]},
            "/body/utterances/0/trailingSilence",
            "trailing_silence",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/v0/tts", STREAM])
def test_camel_case(client: TestClient, path: str, change: Json, place: str, meant: str) -> None:
    """The finding names the field that was meant."""
    answer = client.post(path, json={**AVA_SAYS, **change})
    assert answer.status_code == 200
    found = findings(client)
    assert found == [("field_unknown", place, f"did you mean '{meant}'?")]


@pytest.mark.parametrize(("version", "text"), [(1, "'1'"), (2, "'2'")])
def test_a_version_as_a_number(client: TestClient, version: int, text: str) -> None:
    """It is a 422, and the finding says how to write it."""
    answer = client.post("/v0/tts", json={**AVA_SAYS, "version": version})
    assert answer.status_code == 422
    assert findings(client) == [("request_invalid", "/body/version", f"write it as a text: {text}")]


def test_another_number_as_a_version(client: TestClient) -> None:
    """No text would make it right."""
    assert client.post("/v0/tts", json={**AVA_SAYS, "version": 3}).status_code == 422
    assert findings(client) == [("request_invalid", "/body/version", "")]


# one world


def test_a_voice_of_a_generation_is_used_at_once(client: TestClient) -> None:
    """By its name: by the next request, and by a config."""
    design = {"utterances": [{"text": "Good evening.", "description": "A warm old man."}]}
    first, second = say(client, design, num_generations=2)["generations"]
    assert first["generation_id"] != second["generation_id"]
    body = {"generation_id": second["generation_id"], "name": "Grandpa"}
    voice = client.post("/v0/tts/voices", json=body).json()
    assert voice["provider"] == "CUSTOM_VOICE"

    again = {"utterances": [{"text": "Good evening.", "voice": {"name": "Grandpa"}}]}
    spoken = record(client, generation(client, again)["generation_id"])
    assert spoken["voice"] == voice
    assert sound(client, spoken["generation_id"]) != sound(client, first["generation_id"])

    config = {"evi_version": "3", "name": "c", "voice": {"name": "Grandpa"}}
    made = client.post("/v0/evi/configs", json=config).json()
    assert made["voice"]["id"] == voice["id"]

    assert client.delete("/v0/tts/voices?name=Grandpa").status_code == 200
    gone = client.post("/v0/tts", json=again)
    assert (gone.status_code, gone.json()["details"]["slug"]) == (400, "voice_not_found")
    shown = client.get(f"/v0/evi/configs/{made['id']}").json()["configs_page"][0]
    assert shown["voice"]["id"] == voice["id"]


def sound(client: TestClient, id: str) -> bytes:
    """The sound of a generation, made again."""
    return client.get(f"/_emulator/tts/generations/{id}/audio?format=pcm").content


def test_generations_of_other_keys_are_unknown(client: TestClient) -> None:
    """Ids of one account name nothing in another."""
    id = generation(client)["generation_id"]
    stranger = TestClient(client.app, headers={"X-Hume-Api-Key": "a-stranger"})
    for path, body in (
        ("/v0/tts/voices", {"generation_id": id, "name": "Mine"}),
        ("/v0/tts", {**AVA_SAYS, "context": {"generation_id": id}}),
    ):
        answer = stranger.post(path, json=body)
        assert answer.status_code == 400
        assert id in answer.json()["message"]


def test_a_context_continues_its_voice(client: TestClient, voice: Json) -> None:
    """The next generation has the voice of the last utterance before it."""
    by_name = {"utterances": [{"text": "One.", "voice": {"name": "Guide"}}]}
    first = generation(client, by_name)["generation_id"]
    context = {"context": {"generation_id": first}}
    lines = client.post(STREAM, json={**SAY, **context}).text.splitlines()
    second = record(client, json.loads(lines[0])["generation_id"])
    assert (second["voice"], second["context_generation_id"]) == (voice, first)
    spoken = {"context": {"utterances": [{"text": "Hm.", "voice": AVA}]}}
    third = record(client, generation(client, SAY, **spoken)["generation_id"])
    assert third["voice"]["name"] == "Ava Song"
    assert third["context_generation_id"] is None


def test_a_designed_voice_continues(client: TestClient) -> None:
    """A context without a named voice sounds as it did."""
    context = {"context": {"generation_id": DEMO}}
    first = generation(client, SAY, **context)
    assert client.post(STREAM, json={**SAY, **context}).status_code == 200
    assert first["audio"] == generation(client, SAY, **context)["audio"]
    assert first["audio"] != generation(client, SAY)["audio"]


def test_a_voice_is_sticky(client: TestClient, voice: Json) -> None:
    """It holds for the utterances that follow, until another is named."""
    texts: list[Json] = [{"text": "a", "voice": AVA}, {"text": "b"}]
    texts += [{"text": "c", "voice": {"id": voice["id"]}}, {"text": "d"}]
    id = generation(client, {"utterances": texts})["generation_id"]
    names = [each["voice"]["name"] for each in record(client, id)["utterances"]]
    assert names == ["Ava Song", "Ava Song", "Guide", "Guide"]


def test_several_generations(client: TestClient) -> None:
    """Each has an id and a sound of its own, and the same text; a file has the first."""
    made = say(client, num_generations=3)["generations"]
    assert len({each["generation_id"] for each in made}) == 3
    assert len({each["audio"] for each in made}) == 3
    assert [record(client, each["generation_id"])["variant"] for each in made] == [0, 1, 2]
    wanted = {**AVA_SAYS, "num_generations": 3, "format": {"type": "pcm"}}
    assert client.post("/v0/tts/file", json=wanted).content == b64decode(made[0]["audio"])


def test_speed_and_silence(client: TestClient) -> None:
    """A faster voice takes less time; a silence is added to the sound."""
    plain = generation(client)["duration"]
    fast = {"utterances": [{**AVA_SAYS["utterances"][0], "speed": 2}]}
    late = {"utterances": [{**AVA_SAYS["utterances"][0], "trailing_silence": 1.5}]}
    assert generation(client, fast)["duration"] < plain
    made = generation(client, late)
    assert made["duration"] == pytest.approx(plain + 1.5)
    assert b64decode(made["audio"]).endswith(bytes(int(1.4 * 96_000)))


TEXTS = [
    "",
    "   ",
    "Grüße, 你好。 こんにちは！ Привет… 🎉👩‍👩‍👧",
    "שלום עולם. مرحبا بالعالم!",
    "<speak>Hello <break time='1s'/> & good <emphasis>evening</emphasis>.</speak>",
    "bell \x07, escape \x1b[31m, delete \x7f, line\u2028separator\u0085",
    "e\u0301\u200d\ufeff\U000e0001",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_of_all_kinds(client: TestClient, text: str) -> None:
    """Each is spoken as it is: the snippets give the text back."""
    body = {"utterances": [{"text": text, "voice": AVA}]}
    made = generation(client, body)
    assert "".join(each["text"] for group in made["snippets"] for each in group) == text
    assert record(client, made["generation_id"])["text"] == text
    streamed = client.post(STREAM, json={**body, "format": {"type": "pcm"}})
    assert streamed.status_code == 200
    lines = streamed.content.split(b"\n")
    assert lines.pop() == b""
    audio = b"".join(b64decode(json.loads(line)["audio"]) for line in lines)
    assert audio == b64decode(made["audio"])


def test_the_longest_text(client: TestClient) -> None:
    """So much is taken, in one word, too."""
    text = "a" * 5_000
    answer = client.post("/v0/tts/file", json={"utterances": [{"text": text}]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")


NULL = '{"utterances": [{"text": "a\\u0000b"}]}'
BAD: list[tuple[str, Json]] = [
    ("/v0/tts", {"utterances": [{"text": "a" * 5_001}]}),
    ("/v0/tts", {"utterances": [{"text": "a", "description": "a" * 1_001}]}),
    ("/v0/tts", NULL),
    ("/v0/tts", '{"utterances": [{"text": "a"'),
    ("/v0/tts", {"utterances": []}),
    ("/v0/tts", {"utterances": [{"text": "a", "speed": 0.4}]}),
    ("/v0/tts", {"utterances": [{"text": "a", "speed": 2.1}]}),
    ("/v0/tts", {"utterances": [{"text": "a", "trailing_silence": 5.1}]}),
    ("/v0/tts", {**SAY, "num_generations": 6}),
    ("/v0/tts", {**SAY, "num_generations": 0}),
    ("/v0/tts", {**SAY, "format": "mp3"}),
    ("/v0/tts", {**SAY, "format": {"type": "ogg"}}),
    ("/v0/tts", {**SAY, "context": {"generation_id": "x"}}),
    ("/v0/tts", {**SAY, "context": {}}),
    ("/v0/tts", {"utterances": [{"text": "a", "voice": {"provider": "HUME_AI"}}]}),
    ("/v0/tts", {**SAY, "context": {"generation_id": NOBODY}}),
    ("/v0/tts", {"utterances": [{"text": "long. " * 800}] * 12}),
    (STREAM, SAY),
    ("/v0/tts/voices", {"generation_id": NOBODY, "name": "New"}),
]


@pytest.mark.parametrize(("path", "body"), BAD, ids=range(len(BAD)))
def test_bad_input_leaves_the_world_as_it_was(client: TestClient, path: str, body: Json) -> None:
    """It is a 4xx, and nothing is remembered."""
    before = client.get("/_emulator/snapshot").json()["world"]
    headers = {"Content-Type": "application/json"}
    content = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    after = client.get("/_emulator/snapshot").json()["world"]
    for name in ("voices", "generations", "timbres", "sounds", "ids"):
        assert after[name] == before[name]


def test_any_generation_with_unknown_ids_as_examples() -> None:
    """A voice and a context take any: it counts as the world's oldest."""
    app = new_app(Settings(unknown_ids="example", lenient_tts=True))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    for id in ("", "x", NOBODY):
        made = client.post("/v0/tts/voices", json={"generation_id": id, "name": f"New{id}"})
        assert made.status_code == 200
    for id in ("", NOBODY):
        body = {**SAY, "context": {"generation_id": id}}
        assert client.post("/v0/tts", json=body).status_code == 200
    continued = generation(client, SAY, context={"generation_id": NOBODY})
    assert record(client, continued["generation_id"])["context_generation_id"] == DEMO


def test_any_generation_in_an_empty_world() -> None:
    """A voice is made in a copy that is thrown away, and a context counts as none."""
    app = new_app(Settings(seed="empty", unknown_ids="example"))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    made = client.post("/v0/tts/voices", json={"generation_id": "", "name": "New"})
    assert (made.status_code, made.json()["name"]) == (200, "New")
    assert client.get("/v0/tts/voices?provider=CUSTOM_VOICE").json()["voices_page"] == []
    spoken = generation(client, SAY, context={"generation_id": NOBODY})
    assert record(client, spoken["generation_id"])["context_generation_id"] is None


def test_a_lenient_conversion_without_a_voice() -> None:
    """It has a voice of its own, which can be kept, continued and shown like any other."""
    client = TestClient(new_app(Settings(seed="demo", lenient_tts=True)))
    client.headers["X-Hume-Api-Key"] = "lenient"
    path = "/v0/tts/voice_conversion/json"
    answer = client.post(path, files={"audio": ("a.wav", b"no sound")})
    id = json.loads(answer.text.splitlines()[0])["generation_id"]
    assert record(client, id)["operation"] == "convert-voice-json"
    made = client.post("/v0/tts/voices", json={"generation_id": id, "name": "Own"})
    assert made.status_code == 200
    assert generation(client, SAY, context={"generation_id": id})["duration"] > 0
