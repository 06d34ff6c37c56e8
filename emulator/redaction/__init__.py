"""Redaction: which names mark a credential, and how its value is hidden."""
