"""The emulator's own routes, under /_emulator/."""
