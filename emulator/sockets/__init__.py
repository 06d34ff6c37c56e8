"""WebSockets of APIs: what one is made of, and what is on its way to its client."""
