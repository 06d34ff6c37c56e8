"""The same for text-to-speech and voices, whose generated bodies the document does not allow.

Its generator left members of unions out: contexts and ids are empty, voices have neither id nor
name, and a recording is a text. They pass with --unknown-ids example and --lenient-tts.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hume import HumeClient
from hume.core.api_error import ApiError

from emulator.extras.mounts import MOUNTS
from emulator.server import Server
from emulator.settings import Settings
from tests.contract.calls import sync_client
from tests.extras.wiremock.suite import times

pytestmark = pytest.mark.slow

Call = Callable[[HumeClient], Any]
DESCRIBED = [{"text": "A sentence to say.", "description": "Quietly, as in a library."}]
VOICELESS = [{"text": "A sentence to say.", "voice": {"provider": "HUME_AI"}}]


def all_of(method: str, **given: Any) -> Call:
    """Return a call of a method that streams, to its end."""
    return lambda hume: deque(getattr(hume.tts, method)(**given))


CALLS: dict[str, tuple[str, str, Call]] = {
    "synthesize_json": (
        "POST",
        "/v0/tts",
        lambda hume: hume.tts.synthesize_json(
            utterances=DESCRIBED,
            context={},
            format={"type": "mp3"},
            num_generations=1,
        ),
    ),
    "synthesize_file": (
        "POST",
        "/v0/tts/file",
        all_of(
            "synthesize_file",
            utterances=DESCRIBED,
            context={"generation_id": ""},
            format={"type": "mp3"},
            num_generations=1,
        ),
    ),
    "synthesize_file_streaming": (
        "POST",
        "/v0/tts/stream/file",
        all_of("synthesize_file_streaming", utterances=VOICELESS),
    ),
    "synthesize_json_streaming": (
        "POST",
        "/v0/tts/stream/json",
        all_of("synthesize_json_streaming", utterances=VOICELESS),
    ),
    "convert_voice_json": (
        "POST",
        "/v0/tts/voice_conversion/json",
        all_of("convert_voice_json", audio="a recording"),
    ),
    "voices.list": (
        "GET",
        "/v0/tts/voices",
        lambda hume: deque(hume.tts.voices.list(provider="CUSTOM_VOICE").items or ()),
    ),
    "voices.create": (
        "POST",
        "/v0/tts/voices",
        lambda hume: hume.tts.voices.create(generation_id="", name="David Hume"),
    ),
    "voices.delete": (
        "DELETE",
        "/v0/tts/voices",
        lambda hume: hume.tts.voices.delete(name="David Hume"),
    ),
}


@pytest.fixture(scope="module", params=["demo", "empty"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    settings = Settings(seed=request.param, port=0, unknown_ids="example", lenient_tts=True)
    with Server(settings, MOUNTS) as server:
        yield server


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_arrives_once(server: Server, name: str, turn: int) -> None:
    """Each is answered as the client expects, in a second run of the suite too."""
    method, path, call = CALLS[name]
    assert times(server, f"{name}.{turn}", {"method": method, "urlPath": path}, call) == 1


@pytest.mark.parametrize("name", [each for each in CALLS if "voices" not in each])
def test_they_are_refused_without_the_setting(name: str) -> None:
    """Its bodies are no requests of the API."""
    _, _, call = CALLS[name]
    settings = Settings(seed="empty", port=0, unknown_ids="example")
    with (
        Server(settings, MOUNTS) as server,
        sync_client(server.url, "the suite's") as hume,
        pytest.raises(ApiError) as caught,
    ):
        call(hume)
    assert caught.value.status_code in (400, 422)
