"""Phone calls that Twilio passes to EVI (docs/phone.md)."""
