"""Languages and accents, as eSpeak NG names them."""

from collections.abc import Iterable

# By the words of tags and descriptions. American English, and what the library lacks, is left out.
_LANGUAGES = {
    "arabic": "ar",
    "australian": "en",
    "brazilian": "pt-br",
    "british": "en",
    "chinese": "cmn",
    "dutch": "nl",
    "french": "fr",
    "german": "de",
    "hindi": "hi",
    "indian": "en",
    "irish": "en",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "mandarin": "cmn",
    "mexican": "es-419",
    "polish": "pl",
    "portuguese": "pt",
    "russian": "ru",
    "scottish": "en-gb-scotland",
    "spanish": "es",
    "turkish": "tr",
    "welsh": "en",
    "york": "en-us-nyc",
}
_FINER = {("es", "es-419"), ("pt", "pt-br")}  # an accent that says more than the language


def language_of(words: Iterable[str]) -> str:
    """Return the language that words such as "British" mean, or "" for American English."""
    found = ""
    for word in words:
        language = _LANGUAGES.get(word.strip(".,;:!?'\"()").lower(), "")
        if language and (not found or (found, language) in _FINER):
            found = language
    return found
