"""Voices, which EVI and text-to-speech share."""
