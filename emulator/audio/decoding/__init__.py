"""Decodes clients' audio into samples: recognises the format, and has a decoder for each."""
