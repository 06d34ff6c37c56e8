"""Lists what a test set up and never used, and the turns that no rule matched."""

from emulator.faults.rules import FaultRule
from emulator.handles.diagnosis import differences, everything, timeline
from emulator.store.stubs import Stub
from emulator.world.state import Leftover
from emulator.world.world import World

STUB = "stub"


def leftovers(world: World) -> list[Leftover]:
    """Return stubs with calls left, rules of scripts and of faults unused, turns unmatched."""
    found = [Leftover(STUB, told) for told in unused_stubs(world)]
    for state in world.states.values():
        found += state.leftovers()
    found += [Leftover("fault", _never_struck(rule)) for rule in world.faults if _is_unused(rule)]
    return found


def unused_stubs(world: World) -> list[str]:
    """Say of each stub with calls left how often it was used, and how a request missed it."""
    return [_unused(stub) for stub in world.stubs if stub.is_unused]


def _unused(stub: Stub) -> str:
    told = f"{stub}: used {stub.used} of {stub.times or 'any'} times"
    if stub.missed is None:
        return told
    missed = "; ".join(differences(stub.misfits(stub.missed), stub.missed.facts()))
    return f"{told} (a request differs: {missed})"


def _is_unused(rule: FaultRule) -> bool:
    """True if a rule has struck nothing. One with a probability may have had no luck."""
    return rule.used == 0 and rule.probability is None


def _never_struck(rule: FaultRule) -> str:
    return f"{rule} never struck"


def whole_timeline(world: World, around: int | None = None) -> str:
    """Render a world's journal, and what is left over."""
    return timeline(everything(world.journal), around, leftovers(world))
