"""The files under the signed URLs of audio reconstructions."""

import pytest
from starlette.testclient import TestClient

from emulator.apis.evi.chat_store import LONGEST_CHAT_MS
from emulator.apis.evi.operations.audio import signed_path
from emulator.apis.evi.state import EviState
from emulator.world.world import World

CHAT_ID = "00000000-0000-4000-8000-000000000001"
BEGIN_MS = 1_700_000_000_000


def audio_of(client: TestClient, world: World, lasts_ms: int) -> tuple[int, str]:
    """The status for the audio of a chat of that length, and the code of the refusal."""
    world.state(EviState).chats.add_chat(
        {
            "id": CHAT_ID,
            "chat_group_id": CHAT_ID.replace("1", "2"),
            "status": "USER_ENDED",
            "start_timestamp": BEGIN_MS,
            "end_timestamp": BEGIN_MS + lasts_ms,
            "metadata": "",
        }
    )
    url = signed_path(world, CHAT_ID, world.clock.now_ms() + 1000)
    with client.stream("GET", url) as answer:
        if answer.status_code == 200:
            return 200, ""
        answer.read()
        return answer.status_code, answer.json()["code"]


def test_audio_of_a_minute(client: TestClient, world: World) -> None:
    """It is made as it is sent."""
    assert audio_of(client, world, 60_000) == (200, "")


@pytest.mark.parametrize("lasts_ms", [LONGEST_CHAT_MS + 1, 400 * 86_400_000, -1])
def test_no_audio_of_an_impossible_length(client: TestClient, world: World, lasts_ms: int) -> None:
    """Longer than a day, or over before it began."""
    assert audio_of(client, world, lasts_ms) == (400, "audio_impossible")
