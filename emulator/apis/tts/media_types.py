"""The media types of answers with sound, as the settings choose them."""

from emulator.settings import Settings

_FILES = {"mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "application/octet-stream"}
_UNNAMED = "application/octet-stream"


def file_type(settings: Settings, format: str) -> str:
    """Return the media type of a file of this format."""
    return _FILES[format] if settings.tts_file_type == "audio" else _UNNAMED


def lines_type(settings: Settings) -> str:
    """Return the media type of a streamed answer of JSON lines."""
    return settings.tts_stream_type
