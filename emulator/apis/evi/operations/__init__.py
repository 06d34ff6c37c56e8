"""One handler for each operation of the documents; importing the package registers them all."""

from emulator.api import HANDLERS
from emulator.apis.evi.operations import (  # noqa: F401 - each registers its handlers
    chat_groups,
    chats,
    configs,
    control_plane,
    prompts,
    tools,
)
from emulator.apis.voices import operations as voices  # noqa: F401 - it registers its handlers

__all__ = ["HANDLERS"]
