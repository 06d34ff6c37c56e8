"""How webhooks are signed; the expected values were made with `openssl dgst -sha256 -hmac`."""

import pytest

from emulator.clock import SystemClock
from emulator.signature import (
    SIGNATURE_HEADER,
    WINDOW_S,
    sign,
    signature_problem,
    signed_headers,
)
from tests.outgoing.receiver import judge


@pytest.mark.parametrize(
    ("body", "timestamp", "key", "expected"),
    [
        (
            b"b",
            "1700000000",
            "k",
            "a91827ed42703bcb965da8a90b8ab6e9a1ebbfb02764f7a3244078d0f9e7af20",
        ),
        (
            '{"a":"é"}'.encode(),
            "1716244940",
            "schlüssel",
            "340b416c4ef5ded61a156a0e1327cc000387f6f354b578dd9f059521bd406d4e",
        ),
    ],
)
def test_a_signature_is_what_openssl_makes(
    body: bytes, timestamp: str, key: str, expected: str
) -> None:
    """Signed is body, dot, timestamp; the signature is lowercase hex; all text is UTF-8."""
    assert sign(body, timestamp, key) == expected


def test_the_headers_have_the_names_that_receivers_look_for() -> None:
    """Two headers: the signature, and the seconds that it was made with."""
    assert signed_headers(b"b", 1_700_000_000, "k") == {
        "X-Hume-AI-Webhook-Signature": sign(b"b", "1700000000", "k"),
        "X-Hume-AI-Webhook-Timestamp": "1700000000",
    }


def test_a_receiver_accepts_it_for_three_minutes() -> None:
    """The receiver of these tests takes what is fresh and signed with its key, and nothing else."""
    now_s = SystemClock().now_ms() // 1000

    def verdict(age_s: int = 0, key: str = "k", body: bytes = b"{}") -> str:
        timestamp = str(now_s - age_s)
        return judge(timestamp, sign(b"{}", timestamp, key), body, "k")

    assert verdict() == "valid"
    assert verdict(age_s=170) == "valid"
    assert verdict(age_s=190) == "timestamp stale"
    assert verdict(key="K") == "signature wrong"
    assert verdict(body=b"{ }") == "signature wrong"
    assert judge(None, None, b"{}", "k") == "headers missing"


@pytest.mark.parametrize(
    ("late_s", "key", "body", "expected"),
    [
        (0, "k", b"b", None),
        (WINDOW_S, "k", b"b", None),
        (WINDOW_S + 1, "k", b"b", "the timestamp is 181 s old, more than 180"),
        (0, "K", b"b", "the signature is not that of body and timestamp under the signing key"),
        (0, "k", b"c", "the signature is not that of body and timestamp under the signing key"),
    ],
)
def test_what_is_wrong_with_a_signature(
    late_s: int, key: str, body: bytes, expected: str | None
) -> None:
    """A receiver refuses what is old, or signed with another key, or for another body."""
    headers = signed_headers(b"b", 1_700_000_000, "k")
    assert signature_problem(headers, body, key, 1_700_000_000 + late_s) == expected


def test_a_missing_header_is_named() -> None:
    """Both are needed."""
    headers = signed_headers(b"b", 1_700_000_000, "k")
    del headers[SIGNATURE_HEADER]
    assert signature_problem(headers, b"b", "k", 1_700_000_000) == f"it has no {SIGNATURE_HEADER}"
