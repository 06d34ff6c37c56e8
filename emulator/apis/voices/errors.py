"""The texts of the voices API's error answers."""

from emulator.errors import ErrorText

VOICE_UNKNOWN = ErrorText(
    400, "voice_unknown", "No voice has the {key} {value!r}{and_provider}{hint}"
)
VOICE_AMBIGUOUS = ErrorText(
    400,
    "voice_ambiguous",
    "A voice's 'id' and 'name' must be those of one voice: {id!r} is the id of {of_id}, and "
    "{name!r} is the name of {of_name}. Leave one of the two out.",
)
VOICE_NAME_TAKEN = ErrorText(
    400, "voice_name_taken", "A custom voice named {name!r} already exists (ID: {id})."
)
FILTER_TAG_INVALID = ErrorText(
    400,
    "filter_tag_invalid",
    "filter_tag must be TAG:VALUE, such as GENDER:Male, and may be repeated; got {got!r}.",
)
VOICE_NAME_UNKNOWN = ErrorText(
    400, "voice_unknown", "No custom voice is named {name!r}; known: {known}."
)
GENERATION_NOT_FOUND = ErrorText(
    400,
    "generation_not_found",
    "No generation has the ID {id}: use the generation_id of an answer of POST /v0/tts.",
)
