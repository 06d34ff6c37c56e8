"""The control routes of Expression Measurement."""
