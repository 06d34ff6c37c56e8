"""Redaction: which names are those of credentials, and how their values are hidden."""
