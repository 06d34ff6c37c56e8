"""The bytes of frames that the emulator writes by itself."""

import pytest
from websockets.frames import Frame, Opcode

from emulator.faults.sockets import frame_bytes


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_websockets_would_make(size: int) -> None:
    """The length takes 7, 16 or 64 bits."""
    text, data = "ä" + "a" * size, b"\xff" * size

    expected = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert frame_bytes(text) == expected
    assert frame_bytes(data) == Frame(Opcode.BINARY, data).serialize(mask=False)
