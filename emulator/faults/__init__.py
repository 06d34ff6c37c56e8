"""What breaks on request: a table of faults, and the rules that say when they strike."""
