"""Asks a server for the words of an utterance, by the API of OpenAI's transcriptions."""

import aiohttp

from emulator.apis.evi.ears.utterance import Hearing, NotUnderstood, Understood, Utterance
from emulator.jsontext import JsonTextError, parse

_MOST_READ = 1_048_576  # bytes of an answer
_MOST_QUOTED = 400  # characters of a refusal


async def transcribe(
    session: aiohttp.ClientSession, url: str, utterance: Utterance
) -> tuple[int, Hearing]:
    """Return the status of the answer, and what it says. Raises aiohttp.ClientError and OSError."""
    key = utterance.source.key
    async with session.post(
        url,
        data=_form(utterance),
        headers={"Authorization": f"Bearer {key}"} if key else None,
        allow_redirects=False,
    ) as answer:
        text = await _read(answer)
        return answer.status, _hearing(answer.status, text)


def _form(utterance: Utterance) -> aiohttp.FormData:
    source, form = utterance.source, aiohttp.FormData(default_to_multipart=True)
    wav = utterance.recording.wav()
    form.add_field("file", wav, filename="speech.wav", content_type="audio/wav")
    form.add_field("model", source.model)
    form.add_field("response_format", "json")
    if source.language is not None:
        form.add_field("language", source.language)
    return form


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    text = b""
    async for piece in answer.content.iter_any():
        text += piece
        if len(text) > _MOST_READ:
            break
    return text


def _hearing(status: int, text: bytes) -> Hearing:
    quoted = text[: _MOST_QUOTED * 4].decode(errors="replace")[:_MOST_QUOTED]
    if status != 200:
        return NotUnderstood(f"status {status}: {quoted}")
    if len(text) > _MOST_READ:
        return NotUnderstood(f"its answer has more than {_MOST_READ:,} bytes")
    try:
        content = parse(text)
    except JsonTextError as error:
        return NotUnderstood(f"expected JSON with a text, got {quoted!r} ({error.message})")
    words = content.get("text") if isinstance(content, dict) else None
    if not isinstance(words, str):
        return NotUnderstood(f"expected a JSON object with a text, got {quoted!r}")
    return Understood(words.strip())
