"""Twilio's side of a phone call: form, TwiML, media streams (docs/protocol.md#phone-calls)."""
