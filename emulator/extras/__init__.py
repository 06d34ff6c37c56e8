"""Tools beside the emulated APIs: recordings, and the journal for clients of WireMock."""
