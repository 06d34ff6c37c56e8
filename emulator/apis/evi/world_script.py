"""The script of a world, and the sounds that come with it."""

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.world.world import World


def take_script(world: World, script: Script) -> None:
    """Let the assistant of later chats follow a script, and texts have the sounds that it gives."""
    world.state(EviState).script = script
    world.state(VoicesState).add_sounds(script.sounds)
