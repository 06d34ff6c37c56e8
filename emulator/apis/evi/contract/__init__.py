"""What is said of EVI's clients: handshakes, frames, connections."""
