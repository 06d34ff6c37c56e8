"""Worlds, and what keeps them: seeds, snapshots, a folder of files."""

from emulator.world.snapshot import Snapshot

__all__ = ["Snapshot"]
