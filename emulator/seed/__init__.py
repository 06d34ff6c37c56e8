"""Seeds: the data that a world starts with."""
