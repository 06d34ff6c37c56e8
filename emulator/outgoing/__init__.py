"""Webhooks: what is sent, how it is signed, and how it gets there."""
