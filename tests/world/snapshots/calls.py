"""What tests of snapshots share: worlds, and all that is seen of one."""

import asyncio
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from emulator.settings import Settings
from emulator.world.snapshot_document import write_snapshot
from emulator.world.state_folder import StateFolder
from emulator.world.world import World
from emulator.world.worlds import Worlds
from tests.served import SEEDS, SNAPSHOTS

READER = SNAPSHOTS
SEED = SEEDS.load("demo", Settings())
_ALL = "restrict_to_most_recent=false&"
LISTS = (
    f"/v0/evi/configs?{_ALL}",
    f"/v0/evi/prompts?{_ALL}",
    f"/v0/evi/tools?{_ALL}",
    "/v0/evi/configs?",
    "/v0/evi/chats?",
    "/v0/evi/chat_groups?",
    "/v0/tts/voices?provider=HUME_AI&",
    "/v0/tts/voices?provider=CUSTOM_VOICE&",
)


def new_world(**settings: Any) -> World:
    return Worlds(SEED, Settings(**settings)).get("key")


def copied(world: World) -> World:
    """Another world, restored from the document of one."""
    copy = new_world(random_seed=world.settings.random_seed)
    copy.restore(READER.read(write_snapshot(world.snapshot())))
    return copy


def seen(client: TestClient) -> list[Any]:
    """What REST lists of a world, and every chat with its events."""
    lists = [client.get(f"{path}page_size=100").json() for path in LISTS]
    chats = client.get("/v0/evi/chats?page_size=100").json()["chats_page"]
    groups = client.get("/v0/evi/chat_groups?page_size=100").json()["chat_groups_page"]
    return [
        *lists,
        *(client.get(f"/v0/evi/chats/{chat['id']}?page_size=100").json() for chat in chats),
        *(
            client.get(f"/v0/evi/chat_groups/{group['id']}/events?page_size=100").json()
            for group in groups
        ),
        client.get("/_emulator/stubs").json(),
        client.get("/_emulator/faults").json(),
        client.get("/_emulator/script").json(),
    ]


class StoredWorld:
    """The worlds of a server that keeps them in a folder, but for the server."""

    def __init__(self, folder: Path) -> None:
        self.keeper = StateFolder(folder, READER)
        self.worlds = Worlds(SEED)
        self.worlds.recall, self.worlds.forget = self.keeper.recall, self.keeper.forget

    def write(self) -> None:
        asyncio.run(self.keeper.write_changes())

    def end(self) -> None:
        """In order."""
        self.write()
        self.keeper.close()
