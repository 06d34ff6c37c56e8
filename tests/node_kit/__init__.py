"""The package for Node, as `make node-kit` packs it."""
