"""The MP4 header of 16-bit mono PCM (ISO 14496-12)."""

import struct

from emulator.audio.wav import SAMPLE_BYTES


def mp4_header(size: int, sample_rate: int) -> bytes:
    """Return what precedes `size` bytes of PCM in an MP4 file.

    The samples follow the header uncompressed (QuickTime's 'sowt'), so a server can send the file
    while it makes the sound.
    """
    samples = size // SAMPLE_BYTES
    brand = _box(b"ftyp", b"isom", _u32(0x200), b"isom", b"mp42", b"qt  ")
    offset = len(brand) + len(_movie(samples, sample_rate, 0)) + 8
    return brand + _movie(samples, sample_rate, offset) + _u32(size + 8) + b"mdat"


def _movie(samples: int, sample_rate: int, offset: int) -> bytes:
    """Return the `moov` box: one audio track whose samples are one chunk at `offset`."""
    duration = _u32(samples)
    rate = _u32(sample_rate)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    description = _box(
        b"sowt",
        bytes(6), struct.pack(">H", 1), bytes(8),
        struct.pack(">HHHH", 1, 16, 0, 0), _u32(sample_rate << 16),
    )  # fmt: skip
    table = _box(
        b"stbl",
        _full_box(b"stsd", _u32(1), description),
        _full_box(b"stts", _u32(1), duration, _u32(1)),
        _full_box(b"stsc", _u32(1), _u32(1), duration, _u32(1)),
        _full_box(b"stsz", _u32(SAMPLE_BYTES), duration),
        _full_box(b"stco", _u32(1), _u32(offset)),
    )
    media_information = _box(
        b"minf",
        _full_box(b"smhd", bytes(4)),
        _box(b"dinf", _full_box(b"dref", _u32(1), _full_box(b"url ", flags=1))),
        table,
    )
    media = _box(
        b"mdia",
        _full_box(b"mdhd", bytes(8), rate, duration, struct.pack(">HH", 0x55C4, 0)),
        _full_box(b"hdlr", bytes(4), b"soun", bytes(12), b"sound\0"),
        media_information,
    )
    track = _box(
        b"trak",
        _full_box(
            b"tkhd", bytes(8), _u32(1), bytes(4), duration, bytes(8),
            struct.pack(">HHHH", 0, 0, 0x100, 0), matrix, bytes(8), flags=7,
        ),
        media,
    )  # fmt: skip
    header = _full_box(
        b"mvhd", bytes(8), rate, duration, _u32(0x10000), struct.pack(">H", 0x100), bytes(10),
        matrix, bytes(24), _u32(2),
    )  # fmt: skip
    return _box(b"moov", header, track)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _u32(len(content) + 8) + kind + content


def _full_box(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, _u32(flags), *parts)


def _u32(value: int) -> bytes:
    return struct.pack(">I", value)
