"""Reads the media that clients send: 16-bit PCM at 16 kHz, alone or in a WAV file, and JPEG images.

An image is checked as far as its size; nothing is decoded
(docs/protocol.md#media-of-expression-measurement).
"""

import re
import struct
from collections.abc import Iterator

from emulator.audio.decoding import mpeg

SAMPLE_RATE = 16_000  # Hz
SAMPLES_IN_MS = SAMPLE_RATE // 1000
SAMPLE_BYTES = 2
BYTES_IN_MS = SAMPLES_IN_MS * SAMPLE_BYTES
MAX_IMAGE_BYTES = 2_000_000  # as the vendor's client counts 2 MB
MAX_PIXELS = 8_294_400  # of 3840 x 2160
MAX_AUDIO_MESSAGE_BYTES = 1_048_576
MAX_FRAME_MS = 10_000  # of audio in one message

_CONVERT = "Convert it: ffmpeg -i input -ac 1 -ar 16000 -sample_fmt s16 output.wav"
_RIFF = struct.Struct("<4sI4s")
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM = 1
_FORMATS = {1: "PCM", 3: "floating point", 6: "A-law", 7: "mu-law", 0xFFFE: "the extensible header"}
_OTHERS = ((0, b"fLaC", "FLAC"), (0, b"OggS", "Ogg"), (0, mpeg.TAG, "MP3"), (4, b"ftyp", "MP4"))

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA  # markers of JPEG
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # those with the image's size
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # those without a length
_FILLING = re.compile(rb"\xff+")
_MOST_MARKERS = 10_000  # before the size: some hundred segments have the largest profile of colours


class MediaProblem(ValueError):
    """Media that can't be measured; `code` is the API's for a request with it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_audio(data: bytes) -> bytes:
    """Return the samples of an uploaded recording, as 16-bit little-endian mono PCM at 16 kHz.

    A WAV file loses its header; what is no known format is taken for samples. Raises MediaProblem.
    """
    if data.startswith(b"RIFF"):
        return read_wav(data)
    kind = other_format(data)
    if kind is not None:
        raise MediaProblem(
            "unsupported_media_type", f"The audio is {kind}, not WAV or headerless PCM. {_CONVERT}."
        )
    problem = pcm_problem(data)
    if problem is not None:
        raise MediaProblem("audio_decode_failed", f"The audio {problem}.")
    return data


def other_format(data: bytes) -> str | None:
    """Return the name of a format that is recognised and refused."""
    for place, sign, name in _OTHERS:
        if data[place : place + len(sign)] == sign:
            return name
    length = mpeg.frame_length(data[: mpeg.HEADER])  # samples may look like one header
    if length is not None and mpeg.frame_length(data[length : length + mpeg.HEADER]) is not None:
        return "MP3" if mpeg.kind_of(data) == "mp3" else "AAC"
    return None


def pcm_problem(data: bytes) -> str | None:
    """Return what is wrong with bytes that should be 16-bit samples, or None."""
    if not data:
        return "is empty"
    if len(data) % SAMPLE_BYTES:
        return f"has an odd number of bytes, {len(data)}: a sample has {SAMPLE_BYTES}"
    return None


def read_wav(data: bytes) -> bytes:
    """Return the samples of a WAV file. Raises MediaProblem, which says what the file has."""
    if len(data) < _RIFF.size or _RIFF.unpack_from(data)[2] != b"WAVE":
        raise MediaProblem(
            "unsupported_media_type", f"The file begins with RIFF, but is not WAV. {_CONVERT}."
        )
    layout = None
    for kind, begin, size in _chunks(data):
        if begin + size > len(data):
            raise _undecodable(
                f"The WAV file is cut off: its chunk {_name(kind)} should have {size} bytes, and "
                f"has {len(data) - begin}."
            )
        if kind == b"fmt ":
            layout = data[begin : begin + size]
            _check_layout(layout)
        elif kind == b"data":
            if layout is None:
                raise _undecodable("The WAV file has its data before its format.")
            return _checked(data[begin : begin + size])
    raise _undecodable("The WAV file has no data.")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, where its content begins, and how many bytes it has."""
    at = _RIFF.size
    while at + _CHUNK.size <= len(data):
        kind, size = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        yield kind, at, size
        at += size + size % 2


def _check_layout(chunk: bytes) -> None:
    """Raise MediaProblem for a format other than 16-bit mono PCM at 16 kHz."""
    if len(chunk) < _FORMAT.size:
        raise _undecodable(f"The WAV file's format has {len(chunk)} bytes, not {_FORMAT.size}.")
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(chunk)
    found = []
    if tag != _PCM:
        found.append(_FORMATS.get(tag, f"the format {tag:#06x}"))
    if bits != SAMPLE_BYTES * 8:
        found.append(f"{bits}-bit samples")
    if rate != SAMPLE_RATE:
        found.append(f"{rate} Hz")
    if channels != 1:
        found.append(f"{channels} channels")
    if found:
        raise _undecodable(
            f"The WAV file must be 16-bit PCM, {SAMPLE_RATE} Hz, mono, and has "
            f"{' and '.join(found)}. {_CONVERT}."
        )


def _checked(samples: bytes) -> bytes:
    problem = pcm_problem(samples)
    if problem is not None:
        raise _undecodable(f"The WAV file's data {problem}.")
    return samples


def _undecodable(message: str) -> MediaProblem:
    return MediaProblem("audio_decode_failed", message)


def _name(kind: bytes) -> str:
    return repr(kind.decode("latin-1"))


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the width and the height of a JPEG image in pixels.

    Raises MediaProblem: `unsupported_media_type` for what is no JPEG, `image_decode_failed` for one
    whose header can't be read.
    """
    if data[:2] != bytes((0xFF, _START)):
        what = "is empty" if not data else "does not begin as a JPEG does"
        raise MediaProblem("unsupported_media_type", f"The image {what}: send JPEG.")
    for marker, content in _segments(data):
        if marker in (_START, _END, _SCAN):
            raise _broken("its size does not come before its pixels")
        if marker in _FRAMES:
            return _frame_size(content)
    raise _broken("it ends before its size")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker of each segment after the first marker, and its content.

    Raises MediaProblem for what is no segment, and for more of them than an image has.
    """
    at = 2
    for _ in range(_MOST_MARKERS):
        if at + 4 > len(data):
            return
        if data[at] != 0xFF:
            raise _broken(f"byte {at} should begin a marker")
        filled = _FILLING.match(data, at)
        at = at if filled is None else filled.end() - 1  # the last 0xFF begins the marker
        marker, length = data[at + 1 : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        if not marker:
            return
        if marker[0] in _ALONE:
            at += 2
            continue
        if length < 2 and marker[0] not in (_START, _END, _SCAN):
            raise _broken(f"its segment at byte {at} has the length {length}, and 2 is the least")
        yield marker[0], data[at + 4 : at + 2 + length]
        at += 2 + length
    raise _broken(f"its size does not come within {_MOST_MARKERS} markers")


def _frame_size(header: bytes) -> tuple[int, int]:
    """Return the width and the height in a frame's header: precision, height, width, and so on."""
    if len(header) < 6:
        raise _broken("it ends before its size")
    height, width = struct.unpack_from(">HH", header, 1)
    if not width or not height:
        raise _broken(f"it has {width} x {height} pixels")
    return width, height


def _broken(why: str) -> MediaProblem:
    return MediaProblem("image_decode_failed", f"The JPEG image can't be decoded: {why}.")


def check_image(data: bytes) -> tuple[int, int]:
    """Return the width and the height of an image within the limits. Raises MediaProblem."""
    if len(data) > MAX_IMAGE_BYTES:
        raise MediaProblem(
            "image_too_large",
            f"The image has {len(data)} bytes; at most {MAX_IMAGE_BYTES} are accepted.",
        )
    width, height = jpeg_size(data)
    if width * height > MAX_PIXELS:
        raise MediaProblem(
            "image_too_large",
            f"The image has {width} x {height} = {width * height} pixels; at most {MAX_PIXELS} are "
            "accepted.",
        )
    return width, height
