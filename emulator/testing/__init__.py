"""The testing kit: the emulator in a thread, and a handle for each world."""
