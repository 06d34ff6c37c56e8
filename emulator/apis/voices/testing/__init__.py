"""The voices' handle for tests, `evi.voices`."""
