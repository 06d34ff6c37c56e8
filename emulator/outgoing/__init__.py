"""Webhooks: their deliveries and attempts, their signature, and the HTTP client that sends them."""
