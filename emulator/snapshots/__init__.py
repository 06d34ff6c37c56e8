"""Snapshots: a world as one JSON document, and worlds that outlive their server."""
