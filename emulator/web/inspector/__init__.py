"""The inspector: one page at /_emulator/, which uses the API and the control routes."""
