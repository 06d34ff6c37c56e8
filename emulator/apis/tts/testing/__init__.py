"""Text-to-speech's handle for tests, `evi.tts`."""
