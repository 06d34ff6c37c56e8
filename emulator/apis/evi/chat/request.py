"""How a chat is to begin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator.apis.evi.chat.config import ChatConfig
from emulator.apis.evi.chat.messages import SessionSettings
from emulator.apis.evi.chat.script import Script, Speak

HISTORY_LIMIT = 300  # events of a resumed group that are remembered (docs/protocol.md#resuming)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What its client asks for.

    `pace` stretches the assistant's own times: 1 as in life, 0 at once. Where no one is to hear
    it (`voiced` is false), no audio is made. A present user may be silent without consequences.
    With `inline_prosody` a sentence's scores are in its message, and have no frame of their own.
    `transcribe` tells what the user says when audio comes, or None to make something up. A chat
    that `survives_bad_audio` goes on after audio that can't be decoded. `most_added` bounds what
    placeholders add to a text, in characters.
    """

    config: ChatConfig
    most_added: int = field(kw_only=True)
    script: Script = field(default_factory=Script)
    resumed_group_id: str | None = None
    settings: SessionSettings | None = None
    event_limit: int = HISTORY_LIMIT
    pace: float = 0
    voiced: bool = True
    inline_prosody: bool = False
    user_is_present: bool = False
    verbose_transcription: bool = False
    transcribe: Callable[[], Speak | None] = lambda: None
    survives_bad_audio: bool = False
    caller_number: str | None = None
    twilio_metadata: Mapping[str, str] | None = None
