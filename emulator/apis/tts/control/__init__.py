"""Text-to-speech's control routes."""
