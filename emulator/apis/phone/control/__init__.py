"""The phone's control routes."""
