"""Recognises the format of a stream by its first bytes."""

from collections.abc import Callable

from emulator.audio.decoding import mpeg
from emulator.audio.decoding.decoder import DecodeError, Decoder
from emulator.audio.decoding.mp4 import Mp4Decoder
from emulator.audio.decoding.mpeg import MpegDecoder
from emulator.audio.decoding.ogg import OggDecoder
from emulator.audio.decoding.pcm import DEFAULT_RATE, PcmDecoder, PcmFormat
from emulator.audio.decoding.wav import WavDecoder
from emulator.audio.decoding.webm import WebmDecoder


def _refuse_flac() -> Decoder:
    raise DecodeError("FLAC without a container")


# Containers, by a text at the beginning or, for MP4, after the first box's size.
_CONTAINERS: tuple[tuple[int, bytes, Callable[[], Decoder]], ...] = (
    (0, b"RIFF", WavDecoder),
    (0, b"\x1a\x45\xdf\xa3", WebmDecoder),
    (0, b"OggS", OggDecoder),
    (0, mpeg.TAG, lambda: MpegDecoder("mp3")),
    (0, b"fLaC", _refuse_flac),
    (4, b"ftyp", Mp4Decoder),
)
LONGEST_SIGN = 8  # bytes after which a stream can no longer turn out to be a container


def new_decoder(first: bytes, raw: PcmFormat | None) -> Decoder | None:
    """Return the decoder for a stream that begins so; None if these bytes are too few to tell.

    A stream without a container is raw PCM, laid out as `raw` says. Raises DecodeError for a format
    that cannot be decoded.
    """
    for place, sign, make in _CONTAINERS:
        if first[place:].startswith(sign):
            return make()
    if _may_become_container(first):
        return None
    is_mpeg = _begins_with_frames(first)
    if is_mpeg is None:
        return None
    kind = mpeg.kind_of(first)
    return MpegDecoder(kind) if is_mpeg and kind else raw_decoder(raw)


def raw_decoder(raw: PcmFormat | None) -> PcmDecoder:
    """Return a decoder for raw PCM."""
    if raw is None:
        return PcmDecoder(DEFAULT_RATE, 1)
    return PcmDecoder(raw.sample_rate, raw.channels)


def begins_container(data: bytes) -> bool:
    """True if a container surely begins there."""
    return any(data[place:].startswith(sign) for place, sign, _ in _CONTAINERS)


def _may_become_container(first: bytes) -> bool:
    """True if more bytes could make it a container."""
    is_box = not any(first[:2])  # the size of MP4's first box is small
    return any(
        sign.startswith(first[place:]) for place, sign, _ in _CONTAINERS if is_box or place == 0
    )


def _begins_with_frames(first: bytes) -> bool | None:
    """True if two frames of MP3 or AAC follow each other; None if more bytes could tell.

    One header alone may be a sample by chance.
    """
    if first == b"\xff":
        return None
    kind = mpeg.kind_of(first)
    if kind is None:
        return False
    if len(first) < mpeg.HEADER:
        return None
    length = mpeg.frame_length(first)
    if length is None:
        return False
    if len(first) < length + mpeg.HEADER:
        return None
    return first[length : length + 2] == first[:2] and mpeg.frame_length(first[length:]) is not None
