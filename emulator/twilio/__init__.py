"""Twilio's side of a phone call: its form, TwiML, and media streams (docs/protocol.md#phone)."""
