"""The parts of tests' handles that every API shares."""
