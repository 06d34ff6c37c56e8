"""WebSockets: handshakes, frames to the client, faults."""
