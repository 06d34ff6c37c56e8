"""Expression Measurement's handle for tests, `evi.expression`."""
