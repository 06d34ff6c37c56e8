"""Sound: tones that stand for speech, and decoders of what clients send."""
