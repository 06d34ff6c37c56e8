"""The request for a chat, and how the chat is to run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator.apis.evi.chat.config import ChatConfig
from emulator.apis.evi.chat.messages import SessionSettings
from emulator.apis.evi.chat.script import Script, Speak
from emulator.apis.evi.chat.script_use import ScriptUse
from emulator.apis.evi.ears.utterance import EarsSource
from emulator.apis.evi.model.source import ModelSource
from emulator.audio.live_voices import ASSISTANT_TONES, USER_TONES, LiveVoice

HISTORY_LIMIT = 300  # events of a resumed group that a chat reads (docs/protocol.md#resuming)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A client's request for a chat, and how the chat runs.

    `pace` stretches the assistant's own times: 1 is real time, 0 takes no time. `first_audio_ms`
    is how long it thinks, if that is given. With a pace, each chunk of sound comes up to
    `jitter_ms` after the one before. If nobody listens (`voiced` is false), no audio is made. A
    user who is present may be silent without consequences. `script_use` counts for the world.
    With `inline_prosody` a sentence's message has its scores, which then have no frame of their
    own. `transcribe` returns what the user says when audio comes, or None to make something up. A
    chat that `survives_bad_audio` continues after audio that cannot be decoded. `most_added` bounds
    what placeholders add to a text, in characters. A `model` answers what no rule of the script
    does. The `ears` find the words of sound for which `transcribe` returns None. `find_voice`
    returns the assistant's voice; it is given what the session settings name, if anything.
    """

    config: ChatConfig
    most_added: int = field(kw_only=True)
    script: Script = field(default_factory=Script)
    script_use: ScriptUse = field(default_factory=ScriptUse)
    resumed_group_id: str | None = None
    settings: SessionSettings | None = None
    event_limit: int = HISTORY_LIMIT
    pace: float = 0
    first_audio_ms: int | None = None
    jitter_ms: int = 0
    voiced: bool = True
    find_voice: Callable[[str | None], LiveVoice] = lambda named: ASSISTANT_TONES
    user_voice: LiveVoice = USER_TONES
    inline_prosody: bool = False
    user_is_present: bool = False
    verbose_transcription: bool = False
    transcribe: Callable[[], Speak | None] = lambda: None
    survives_bad_audio: bool = False
    caller_number: str | None = None
    twilio_metadata: Mapping[str, str] | None = None
    model: ModelSource | None = None
    ears: EarsSource | None = None
