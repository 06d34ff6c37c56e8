"""Sound: tones that stand for speech, and decoders of clients' audio."""
