"""Worlds full of chats."""

from emulator.apis.evi.chat_store import ChatStore, new_event
from emulator.ids import derived_uuid

START_MS = 1_720_000_000_000
CONFIG_IDS = (derived_uuid("config", 0), derived_uuid("config", 1))
STATUSES = ("USER_ENDED", "USER_TIMEOUT")
GROUP_SIZE = 5
TEXT = "I would like to know whether the blue one is still there, and what it costs today. " * 2
FEATURES = '{"Joy": 0.61, "Interest": 0.52, "Calmness": 0.33, "Doubt": 0.12, "Boredom": 0.04}'


def chat_id(number: int) -> str:
    return derived_uuid("chat", number)


def group_id(number: int) -> str:
    """The group of a chat."""
    return derived_uuid("group", number // GROUP_SIZE)


def add_chats(store: ChatStore, count: int) -> None:
    """Chats in groups of five; a quarter of them has each pair of config and status."""
    for number in range(count):
        store.add_chat(
            {
                "id": chat_id(number),
                "chat_group_id": group_id(number),
                "status": STATUSES[number // 2 % 2],
                "start_timestamp": START_MS + number * 60_000,
                "end_timestamp": START_MS + number * 60_000 + 50_000,
                "metadata": "",
                "config": {"id": CONFIG_IDS[number % 2], "version": 0},
            }
        )


def add_events(store: ChatStore, number: int, count: int) -> None:
    """That many events to one chat, of some 550 bytes each."""
    for place in range(count):
        store.add_event(
            new_event(
                id=derived_uuid("event", number, place),
                chat_id=chat_id(number),
                timestamp=START_MS + number * 60_000 + place,
                type="USER_MESSAGE" if place % 2 else "AGENT_MESSAGE",
                message_text=TEXT,
                emotion_features=FEATURES,
            )
        )
