"""Recorded, imported, replayed and compared: with our own emulator nothing differs."""

from pathlib import Path

import httpx
import pytest

from emulator.server import Server
from tests.contract.conversations import Conversation, params, prepare
from tests.contract.test_chat_python import Player as Talker
from tests.contract.test_chat_python import sync_chat, typed
from tests.recording import kit

pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)


@pytest.mark.parametrize("conversation", params())
def test_a_conversation(
    server: Server, api_key: str, tmp_path: Path, conversation: Conversation
) -> None:
    """Each of the table passes through the proxy, and the emulator would say the same again."""
    path = tmp_path / "chat.ndjson"
    headers = {"X-Hume-Api-Key": api_key}
    with (
        kit.recording(server.url, path) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as remote,
    ):
        options = typed(prepare(remote, conversation))
        with sync_chat(url, api_key, False, **options) as chat:
            talker = Talker(chat, remote)
            talker.play(conversation)
    assert kit.differences(path) == []
