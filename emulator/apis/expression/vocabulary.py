"""The names of what is measured.

Hume publishes its lists on pages that were not obtained; the first names of each list are in the
vendor's client, and the others, few, are the emulator's own
(docs/fidelity.md#names-of-expressions). A script may use any name.
"""

_AUDIO_OF_THE_CLIENT = ("joy", "anger", "chuckling", "neutral")
_AUDIO_OWN = ("interest", "calmness", "excitement", "sadness", "confusion", "amusement", "doubt")
AUDIO_EXPRESSIONS = (*_AUDIO_OF_THE_CLIENT, *_AUDIO_OWN)

_VOICE_OF_THE_CLIENT = ("husky", "fast", "background music")
_VOICE_OWN = ("slow", "quiet", "clear")
VOICE_ATTRIBUTES = (*_VOICE_OF_THE_CLIENT, *_VOICE_OWN)

_FACE_OF_THE_CLIENT = ("amusement", "interest", "surprise (positive)")
_FACE_OWN = ("joy", "calmness", "concentration", "confusion", "sadness")
FACE_EXPRESSIONS = (*_FACE_OF_THE_CLIENT, *_FACE_OWN)

_DESCRIPTIONS_OF_THE_CLIENT = ("smile", "jaw drop", "wide-eyed")
_DESCRIPTIONS_OWN = ("frown", "lips pressed", "brow raised")
FACE_DESCRIPTIONS = (*_DESCRIPTIONS_OF_THE_CLIENT, *_DESCRIPTIONS_OWN)
