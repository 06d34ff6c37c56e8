"""What comes beside the emulator: recordings, and the routes of WireMock."""
