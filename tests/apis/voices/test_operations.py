"""Voices."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.voices.generations import GenerationStore
from emulator.apis.voices.library import PRESETS, own_voice_id
from emulator.resources import bundled, read_data
from emulator.server import new_app
from emulator.settings import Settings

GENERATION = "795c949a-1510-4a80-9646-7d0863b023ab"  # of the demo seed
FILE = read_data(bundled("fixtures/voices.yaml"))


def voices(client: TestClient, query: str) -> Any:
    answer = client.get(f"/v0/tts/voices?{query}")
    assert answer.status_code == 200
    return answer.json()


def names(client: TestClient, query: str) -> list[str]:
    page = voices(client, f"provider=HUME_AI&page_size=100&{query}")["voices_page"]
    return [voice["name"] for voice in page]


def test_the_library_comes_in_pages(client: TestClient) -> None:
    """Every voice of the file is listed in its order, or backwards, page by page."""
    whole: list[Any] = []
    while len(whole) < len(FILE):
        page = voices(client, f"provider=HUME_AI&page_size=7&page_number={len(whole) // 7}")
        whole += page["voices_page"]
        assert page["total_pages"] == -(-len(FILE) // 7)

    assert [voice["name"] for voice in whole] == [voice["name"] for voice in FILE]
    page = voices(client, "provider=HUME_AI&page_size=2&page_number=1&ascending_order=false")
    assert page["voices_page"] == whole[::-1][2:4]


def test_the_library_has_the_known_order(client: TestClient) -> None:
    """Voices with a known place come first, and the others after them by name."""
    found = names(client, "page_number=0") + names(client, "page_number=1")
    assert found[:3] == ["Colton Rivers", "Dungeon Master", "Female Meditation Guide"]
    assert (found[36], found[99], found[100]) == ("Ava Song", "Ito", "Kora")
    assert found[101:] == sorted(found[101:])
    assert set(PRESETS).isdisjoint(found)


def test_each_voice_is_itself() -> None:
    """No id and no name stands twice, and ids that are marked as ours follow from the name."""
    for key in ("id", "name"):
        assert len({voice[key].casefold() for voice in FILE}) == len(FILE)
    marked = [voice for voice in FILE if voice.get("own_id")]
    assert [voice["name"] for voice in marked] == ["Leon", "Akira", "Mika the Musician", "Priya"]
    assert [voice["id"] for voice in marked] == [own_voice_id(voice["name"]) for voice in marked]


def test_what_a_listed_voice_shows(client: TestClient) -> None:
    """Tags and models where they are known; models that aren't are assumed to be both."""
    page = voices(client, "provider=HUME_AI&page_size=100")["voices_page"]
    by_name = {voice["name"]: voice for voice in page}
    assert by_name["Colton Rivers"] == {
        "id": "d8ab67c6-953d-4bd8-9370-8fa53a0f1453",
        "name": "Colton Rivers",
        "provider": "HUME_AI",
        "compatible_octave_models": ["1", "2"],
        "tags": {
            "LANGUAGE": ["English"],
            "ACCENT": ["American", "Southern"],
            "GENDER": ["Male"],
            "AGE": ["Middle-Aged"],
        },
    }
    assert by_name["Ava Song"]["compatible_octave_models"] == ["1", "2"]
    assert "tags" not in by_name["Ava Song"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter_tag=ACCENT:Southern", ["Colton Rivers"]),
        (
            "filter_tag=gender:Female&filter_tag=Age:Old",
            ["Geraldine Wallace", "Lady Elizabeth", "Mrs. Pembroke"],
        ),
        ("filter_tag=AGE:Old&filter_tag=AGE:Young", []),
        ("filter_tag=GENDER:female", []),
        ("filter_tag=COLOR:Red", []),
    ],
)
def test_tags_filter_the_list(client: TestClient, query: str, found: list[str]) -> None:
    """All tags must be there; the case of their values counts, that of their names doesn't."""
    assert names(client, query) == found
    assert client.get("/_emulator/contract").json()["findings"] == []


def test_pages_of_a_filtered_list(client: TestClient) -> None:
    """Pages are counted after the filter."""
    query = "provider=HUME_AI&page_size=2&filter_tag=GENDER:Female&filter_tag=AGE:Old"
    first, second = (voices(client, f"{query}&page_number={number}") for number in (0, 1))
    assert (first["total_pages"], second["total_pages"]) == (2, 2)
    assert [voice["name"] for voice in second["voices_page"]] == ["Mrs. Pembroke"]


@pytest.mark.parametrize("tag", ["Male", "", "GENDER:", ":Male"])
def test_a_malformed_tag(client: TestClient, tag: str) -> None:
    """A filter that is no TAG:VALUE is a 400 that says so."""
    answer = client.get(
        "/v0/tts/voices", params={"provider": "HUME_AI", "filter_tag": ["AGE:Old", tag]}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "filter_tag_invalid")
    assert answer.json()["message"] == (
        f"filter_tag must be TAG:VALUE, such as GENDER:Male, and may be repeated; got {tag!r}."
    )


def test_a_provider_must_be_named(client: TestClient) -> None:
    """Listing voices without a provider, or with an unknown one, is a 422."""
    for query, kind in (("", "missing"), ("?provider=HUME", "enum")):
        answer = client.get(f"/v0/tts/voices{query}")
        assert answer.status_code == 422
        [problem] = answer.json()["detail"]
        assert (problem["loc"], problem["type"]) == (["query", "provider"], kind)


def test_a_custom_voice_is_made_used_and_deleted(client: TestClient) -> None:
    """A new voice can be named by a config, can't be made twice, and is deleted by its name."""
    body = {"generation_id": GENERATION, "name": "Nova"}
    voice = client.post("/v0/tts/voices", json=body)
    assert voice.status_code == 200
    assert voice.json()["provider"] == "CUSTOM_VOICE"
    for taken in ("Nova", "NOVA"):
        again = client.post("/v0/tts/voices", json={**body, "name": taken})
        assert (again.status_code, again.json()["code"]) == (400, "voice_name_taken")
        assert f"'Nova' already exists (ID: {voice.json()['id']})" in again.json()["message"]

    config = {"evi_version": "3", "name": "c", "voice": {"name": "Nova"}}
    shown = client.post("/v0/evi/configs", json=config).json()["voice"]
    assert shown == {**voice.json(), "compatible_octave_models": ["1", "2"]}

    assert client.delete("/v0/tts/voices?name=Nova").status_code == 200
    answer = client.delete("/v0/tts/voices?name=Nova")
    assert answer.status_code == 400
    assert answer.json()["message"] == "No custom voice is named 'Nova'; known: David Hume."
    [left] = voices(client, "provider=CUSTOM_VOICE")["voices_page"]
    assert left["name"] == "David Hume"


def test_a_custom_voice_may_have_a_library_name(client: TestClient) -> None:
    """Names are taken within a provider; each is then found under its own."""
    body = {"generation_id": GENERATION, "name": "Ava Song"}
    mine = client.post("/v0/tts/voices", json=body).json()
    for provider, same in (("CUSTOM_VOICE", True), ("HUME_AI", False)):
        voice = {"name": "ava song", "provider": provider}
        config = {"evi_version": "3", "name": provider, "voice": voice}
        shown = client.post("/v0/evi/configs", json=config).json()["voice"]
        assert (shown["id"] == mine["id"]) is same


def test_any_name_is_answered_with_unknown_ids_as_examples() -> None:
    """A taken name is answered as if it were free, an unknown one as if it were deleted."""
    client = TestClient(new_app(Settings(unknown_ids="example")), headers={"X-Hume-Api-Key": "k"})
    before = voices(client, "provider=CUSTOM_VOICE")
    [seeded] = before["voices_page"]
    for name in ("David Hume", "david hume"):
        made = client.post("/v0/tts/voices", json={"generation_id": GENERATION, "name": name})
        assert made.status_code == 200
        assert (made.json()["name"], made.json()["id"] != seeded["id"]) == (name, True)
    assert client.delete("/v0/tts/voices?name=Nobody").json() == {}
    assert voices(client, "provider=CUSTOM_VOICE") == before

    client.post("/v0/tts/voices", json={"generation_id": GENERATION, "name": "Nova"})
    client.delete("/v0/tts/voices?name=David Hume")
    [left] = voices(client, "provider=CUSTOM_VOICE")["voices_page"]
    assert left["name"] == "Nova"


def test_a_generation_with_capitals_in_its_id() -> None:
    """A seed may write a UUID so; it is found however it is written."""
    store = GenerationStore()
    store.add({"id": "795C949A-1510-4A80-9646-7D0863B023AB"})
    for id in ("795C949A-1510-4A80-9646-7D0863B023AB", "795c949a-1510-4a80-9646-7d0863b023ab"):
        assert store.find(id) is not None
