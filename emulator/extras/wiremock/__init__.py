"""The request journal as WireMock would have it: its requests, and patterns to find them."""
