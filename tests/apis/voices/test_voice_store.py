"""The voices of a world."""

from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI, VoiceStore


def voice(id: str, name: str, provider: str = CUSTOM_VOICE) -> dict[str, str]:
    return {"id": id, "name": name, "provider": provider}


def test_names_are_found_in_any_case_under_their_provider() -> None:
    """The two providers may have the same name."""
    store = VoiceStore()
    mine, theirs = voice("a", "Straße"), voice("b", "STRASSE", HUME_AI)
    store.add(mine)
    store.add(theirs)
    assert store.find_name(CUSTOM_VOICE, "strasse") is mine
    assert store.find_name(HUME_AI, "straße") is theirs


def test_a_removed_voice_frees_its_name() -> None:
    """It is found no more, in any case, and another may have the name."""
    store = VoiceStore()
    first, second = voice("a", "Nova"), voice("b", "NOVA")
    store.add(first)
    store.remove(first)
    assert store.find_name(CUSTOM_VOICE, "nova") is None
    store.add(second)
    assert store.find_name(CUSTOM_VOICE, "nova") is second


def test_names_that_differ_in_capitals_alone() -> None:
    """Older snapshots have such voices: one of them is found, and each can be removed."""
    store = VoiceStore()
    first, second = voice("a", "Nova"), voice("b", "NOVA")
    store.add(first)
    store.add(second)
    assert store.find_name(CUSTOM_VOICE, "Nova") is second
    store.remove(first)
    assert store.find_name(CUSTOM_VOICE, "Nova") is second
    store.remove(second)
    assert store.find_name(CUSTOM_VOICE, "Nova") is None
    assert store.all() == []


def test_the_default_voice() -> None:
    """Ava Song, wherever it stands in the list; without it, the first of the library."""
    store = VoiceStore()
    first, ava = voice("a", "Nova", HUME_AI), voice("b", "Ava Song", HUME_AI)
    store.add(first)
    assert store.default is first
    store.add(ava)
    assert store.default is ava
