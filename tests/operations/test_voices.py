"""Voices."""

from typing import Any

from starlette.testclient import TestClient


def voices(client: TestClient, query: str) -> Any:
    answer = client.get(f"/v0/tts/voices?{query}")
    assert answer.status_code == 200
    return answer.json()


def test_the_library_comes_in_pages(client: TestClient) -> None:
    """The library is listed in its order, or backwards, page by page."""
    whole = voices(client, "provider=HUME_AI&page_size=100")["voices_page"]
    page = voices(client, "provider=HUME_AI&page_size=2&page_number=1&ascending_order=false")

    assert whole[0]["name"] == "Ava Song"
    assert page["voices_page"] == whole[::-1][2:4]
    assert page["total_pages"] == -(-len(whole) // 2)


def test_a_provider_must_be_named(client: TestClient) -> None:
    """Listing voices without a provider, or with an unknown one, is a 422."""
    for query, kind in (("", "missing"), ("?provider=HUME", "enum")):
        answer = client.get(f"/v0/tts/voices{query}")
        assert answer.status_code == 422
        [problem] = answer.json()["detail"]
        assert (problem["loc"], problem["type"]) == (["query", "provider"], kind)


def test_a_custom_voice_is_made_used_and_deleted(client: TestClient) -> None:
    """A new voice can be named by a config, can't be made twice, and is deleted by its name."""
    body = {"generation_id": "g", "name": "Nova"}
    voice = client.post("/v0/tts/voices", json=body)
    assert voice.status_code == 200
    assert voice.json()["provider"] == "CUSTOM_VOICE"
    assert client.post("/v0/tts/voices", json=body).status_code == 422

    config = {"evi_version": "3", "name": "c", "voice": {"name": "Nova"}}
    assert client.post("/v0/evi/configs", json=config).json()["voice"] == voice.json()

    assert client.delete("/v0/tts/voices?name=Nova").status_code == 200
    answer = client.delete("/v0/tts/voices?name=Nova")
    assert answer.status_code == 400
    assert answer.json()["message"] == "No custom voice is named 'Nova'; known: David Hume."
    [left] = voices(client, "provider=CUSTOM_VOICE")["voices_page"]
    assert left["name"] == "David Hume"
