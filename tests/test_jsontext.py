"""JSON text: what is refused, and that it is refused in words."""

import json

import pytest

from emulator.jsontext import JsonTextError, parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b'{"a":', "unexpected end", id="cut off"),
        pytest.param(b'{"a": NaN}', "unexpected character", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "no digit", id="infinity"),
        pytest.param(b'{"a": 1e400}', "infinity", id="a number that overflows"),
        pytest.param(b'"\\ud800"', "surrogate", id="lone surrogate"),
        pytest.param(b"\xff\xfe", "UTF-8", id="not UTF-8"),
        pytest.param(b'{"a":1,"a":2}', "'a' appears twice", id="duplicate name"),
        pytest.param(b'{"b":{"a":1,"c":2,"a":1}}', "'a' appears twice", id="nested duplicate"),
        pytest.param(b'{"\\u0061":1,"a":1}', "'a' appears twice", id="escaped duplicate"),
        pytest.param(b'{"a":["\\u0000"]}', "U+0000", id="NUL in a value"),
        pytest.param(b'{"\\u0000":1}', "U+0000", id="NUL in a name"),
        pytest.param(b"[18446744073709551616]", "64 bits", id="65 bits"),
        pytest.param(b"[-9223372036854775809]", "64 bits", id="negative 65 bits"),
        pytest.param(b"[" * 300 + b"]" * 300, "depth", id="300 levels"),
        pytest.param(b"[ " * 5000 + b"]" * 5000, "depth", id="5000 levels"),
        pytest.param(b"9" * 5000, "infinity", id="5000 digits"),
    ],
)
def test_bad_text_is_refused(text: bytes, message: str) -> None:
    """Text that is no JSON, or that another reader would read differently, is refused."""
    with pytest.raises(JsonTextError) as caught:
        parse(text)

    assert message in caught.value.message
    assert caught.value.position >= 0


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1.0, "b": [1, -(2**63), 2**64 - 1], "c": "\\u0000", "d": None},
        ["é", "😀", "\x7f", {}],
        json.loads("[" * 200 + "]" * 200),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_good_text_is_read(value: object, separators: tuple[str, str]) -> None:
    """Compact or spaced, escaped or not, JSON reads as what was written."""
    assert parse(json.dumps(value, separators=separators).encode()) == value
    assert parse(json.dumps(value, separators=separators, ensure_ascii=False).encode()) == value
