"""EVI's part of a world's handle for tests."""
