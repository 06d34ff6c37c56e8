"""`ChatHandle`, which tests import from here."""

from emulator.apis.evi.testing.chat import ChatHandle

__all__ = ["ChatHandle"]
