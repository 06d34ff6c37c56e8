"""Worlds: the data of each API key, with seeds, snapshots and the folder that stores them."""

from emulator.world.snapshot import Snapshot

__all__ = ["Snapshot"]
