"""The operations of text-to-speech.

What speaks is imported at the first request, since a server starts faster without it.
"""

from collections.abc import Mapping
from functools import cache, partial

from emulator.api import Call, Handler, Handlers, Said

HANDLERS = Handlers()


def _speak(operation_id: str, call: Call) -> Said:
    return _speaking()[operation_id](call)


@cache
def _speaking() -> Mapping[str, Handler]:
    from emulator.apis.tts.speaking import SPEAKING  # with an encoder, and all that makes sound

    return SPEAKING


for _id in (
    "synthesize-json",
    "synthesize-file",
    "synthesize-json-streaming",
    "synthesize-file-streaming",
    "convert-voice-json",
    "convert-voice-file",
):
    HANDLERS.operation(_id)(partial(_speak, _id))
