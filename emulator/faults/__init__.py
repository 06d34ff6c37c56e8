"""Faults on request: their table, the rules that say when one is used, and what each does."""
