"""Which call of which client there is, and what must come back: a table, and what reads it."""
