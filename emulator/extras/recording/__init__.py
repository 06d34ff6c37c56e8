"""Recordings of the traffic between a client and a server: how they are made, and their uses."""
