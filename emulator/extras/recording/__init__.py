"""Recordings of the traffic between a client and a server: the file, and what is made of it."""
