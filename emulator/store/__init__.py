"""Containers of what a world remembers, without I/O: overlays, pages, versioned resources."""
