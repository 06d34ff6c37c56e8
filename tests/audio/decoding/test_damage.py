"""Recordings that are damaged: nothing but DecodeError comes of them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.audio.decoding.decoder import DecodeError
from tests.audio.decoding.listening import new_microphone, turns
from tests.audio.decoding.recordings import KINDS, pieces, recording

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_bytes_that_are_wrong(kind: str, data: st.DataObject) -> None:
    """Some bytes are others, and some are missing."""
    sound = bytearray(recording(kind)[:4_000])
    places = st.integers(0, len(sound) - 1) | st.integers(0, 500)
    for place in data.draw(st.lists(places, max_size=6)):
        sound[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    begin = data.draw(places)
    del sound[begin : begin + data.draw(st.integers(0, 40))]
    with suppress(DecodeError):
        turns(new_microphone()[0], pieces(bytes(sound), data.draw(st.sampled_from([7, 5_000]))))


@given(
    st.sampled_from(
        [b"RIFF\0\0\0\0WAVE", b"\x1aE\xdf\xa3", b"OggS\0\2", b"ID3\4", b"\0\0\0\x14ftyp"]
    ),
    st.binary(max_size=300),
)
@settings(max_examples=200, deadline=None)
def test_anything_after_a_sign(sign: bytes, rest: bytes) -> None:
    """The first bytes promise a format, the others don't keep it."""
    with suppress(DecodeError):
        turns(new_microphone()[0], [sign + rest])
