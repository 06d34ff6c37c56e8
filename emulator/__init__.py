"""A local emulator of Hume's Empathic Voice Interface (EVI) API."""

from typing import TYPE_CHECKING, Any

from emulator.version import __version__

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator

__all__ = ["Emulator", "__version__"]


def __getattr__(name: str) -> Any:
    """Import `Emulator` when it is asked for: commands and plugins start without it."""
    if name == "Emulator":
        from emulator.testing.emulator import Emulator

        return Emulator
    raise AttributeError(f"module 'emulator' has no attribute {name!r}")
