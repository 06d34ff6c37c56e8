"""Findings about EVI's clients: handshakes, frames, connections."""
