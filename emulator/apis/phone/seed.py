"""The phone calls of a seed: none, since a call is placed."""

from collections.abc import Mapping

from emulator.apis.phone.state import PhoneState
from emulator.world.seed import SeedLoading
from emulator.world.state import ApiState


def load(loading: SeedLoading) -> PhoneState:
    """Return a state without calls."""
    return PhoneState()


def count(state: ApiState) -> Mapping[str, int]:
    """Return that there is nothing to count."""
    return {}
