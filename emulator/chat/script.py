"""`Script` and `Rule`, which tests import from here."""

from emulator.apis.evi.chat.script import Rule, Script

__all__ = ["Rule", "Script"]
