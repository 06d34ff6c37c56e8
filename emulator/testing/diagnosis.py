"""`ExpectationFailed`, which tests import from here."""

from emulator.handles.diagnosis import ExpectationFailed

__all__ = ["ExpectationFailed"]
