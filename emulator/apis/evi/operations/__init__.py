"""A handler for each operation of EVI; importing the package registers them all."""

from emulator.apis.evi.operations import (  # noqa: F401 - each registers its handlers
    chat_groups,
    chats,
    configs,
    control_plane,
    prompts,
    tools,
)
