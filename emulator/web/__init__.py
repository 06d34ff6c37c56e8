"""Everything that touches HTTP."""
