"""Ears: a server of the user's that puts speech into words."""
