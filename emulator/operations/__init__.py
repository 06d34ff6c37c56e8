"""One handler for each operation of the documents; importing the package registers them all."""

from emulator.operations import (  # noqa: F401 - each registers its handlers
    chat_groups,
    chats,
    configs,
    control_plane,
    prompts,
    tools,
    voices,
)
from emulator.operations.registry import HANDLERS

__all__ = ["HANDLERS"]
