"""`evi.voices`: the custom voices of a test's world."""

import pytest

from emulator.testing.world import Evi
from tests.testing.talking import http


def create(evi: Evi, name: str) -> None:
    with http(evi) as client:
        spoken = client.post("/v0/tts", json={"utterances": [{"text": "Hello."}]}).json()
        id = spoken["generations"][0]["generation_id"]
        answer = client.post("/v0/tts/voices", json={"name": name, "generation_id": id})
        assert answer.status_code == 200


@pytest.mark.evi(seed="empty")
def test_custom_voices_are_listed_and_found(evi: Evi) -> None:
    """The account's own, the oldest first, each by its id or its name; the library is left out."""
    assert list(evi.voices) == []
    for name in ("Narrator", "Host"):
        create(evi, name)
    narrator, host = evi.voices
    assert (narrator["name"], host["name"]) == ("Narrator", "Host")
    assert evi.voices["Host"] == evi.voices[host["id"].upper()] == host
    assert len(evi.voices) == 2
    assert "Ava Song" not in evi.voices


@pytest.mark.evi(seed="empty")
def test_an_unknown_voice(evi: Evi) -> None:
    """The message says what there is."""
    with pytest.raises(KeyError, match="no custom voice 'Host'; there is nothing"):
        evi.voices["Host"]
    create(evi, "Narrator")
    with pytest.raises(KeyError, match="no custom voice 'Host'; there is 'Narrator'"):
        evi.voices["Host"]


@pytest.mark.evi(seed="empty")
def test_what_is_shown_is_a_copy(evi: Evi) -> None:
    """A test that changes what it was given changes nothing in the world."""
    create(evi, "Narrator")
    evi.voices["Narrator"]["name"] = "Host"
    assert [voice["name"] for voice in evi.voices] == ["Narrator"]
