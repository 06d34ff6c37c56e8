"""The form about a call."""

from emulator.twilio.form import CallFacts

FACTS = CallFacts("CA" + "1" * 32, "AC" + "2" * 32, "+14155550142", "+442079460000")


def test_all_fields() -> None:
    """Both sides under two names each, and what a verb adds (docs/protocol.md#phone-calls)."""
    form = FACTS.form("ringing", Digits="1")
    sides = {
        f"{side}{part}"
        for side in ("From", "To", "Caller", "Called")
        for part in ("", "City", "State", "Zip", "Country")
    }
    assert form.keys() == sides | {
        "CallSid",
        "AccountSid",
        "ApiVersion",
        "Direction",
        "CallStatus",
        "CallerName",
        "ForwardedFrom",
        "ParentCallSid",
        "Digits",
    }
    assert form["From"] == form["Caller"] == "+14155550142"
    assert (form["FromCity"], form["FromCountry"]) == ("SAN FRANCISCO", "US")
    assert form["To"] == form["Called"] == "+442079460000"
    assert (form["CalledCity"], form["ToCountry"], form["ToZip"]) == ("LONDON", "GB", "")
    assert (form["CallStatus"], form["ApiVersion"]) == ("ringing", "2010-04-01")


def test_a_place_that_is_not_known() -> None:
    """Its fields are there, and empty."""
    form = CallFacts("CA1", "AC1", "+81312345678", "sip:a@b").form("completed")
    assert form["FromCountry"] == form["ToCity"] == ""
