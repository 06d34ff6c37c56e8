"""A local emulator of Hume's Empathic Voice Interface (EVI) API."""

from typing import TYPE_CHECKING, Any

from emulator.version import __version__

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator
    from emulator.testing.world import Evi

__all__ = ["Emulator", "Evi", "__version__"]


def __getattr__(name: str) -> Any:
    """Import `Emulator` or `Evi` when it is asked for: commands and plugins start without them."""
    if name == "Emulator":
        from emulator.testing.emulator import Emulator

        return Emulator
    if name == "Evi":
        from emulator.testing.world import Evi

        return Evi
    raise AttributeError(f"module 'emulator' has no attribute {name!r}")
