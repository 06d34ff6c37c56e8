"""The command line: `evi-emulator`."""
