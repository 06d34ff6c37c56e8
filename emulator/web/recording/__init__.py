"""What talks HTTP for recordings: the proxy that writes one, the player, the resender."""
