"""The handle of phone calls for tests."""
