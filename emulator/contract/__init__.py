"""Finds what a client does right, does wrong, and never does."""
