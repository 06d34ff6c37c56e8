"""The version of the emulator."""

__version__ = "0.2.0"
