"""What a test has set up for nothing: stubs that nobody used, or not as often as they say."""

from emulator.handles.diagnosis import differences
from emulator.store.stubs import Stub
from emulator.world.world import World


def unused_stubs(world: World) -> list[str]:
    """Say of each stub with calls left how often it was used, and how a request missed it."""
    return [_unused(stub) for stub in world.stubs if stub.is_unused]


def _unused(stub: Stub) -> str:
    told = f"{stub}: used {stub.used} of {stub.times or 'any'} times"
    if stub.missed is None:
        return told
    missed = "; ".join(differences(stub.misfits(stub.missed), stub.missed.facts()))
    return f"{told} (a request differs: {missed})"
