"""The journal of a world."""
