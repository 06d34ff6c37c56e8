"""A local emulator of Hume's Empathic Voice Interface (EVI) API."""

__version__ = "0.1.0"
