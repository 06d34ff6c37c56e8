"""What tests of text-to-speech share: requests, and what they are answered."""

from typing import Any

from starlette.testclient import TestClient

DEMO = "795c949a-1510-4a80-9646-7d0863b023ab"  # the generation of the demo seed
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
AVA = {"name": "Ava Song", "provider": "HUME_AI"}
SAY = {"utterances": [{"text": "Hello there."}]}
AVA_SAYS = {"utterances": [{"text": "Hello there.", "voice": AVA}]}


def say(client: TestClient, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The answer of POST /v0/tts to a body, or to what Ava says."""
    answer = client.post("/v0/tts", json={**(body or AVA_SAYS), "format": {"type": "pcm"}, **more})
    assert answer.status_code == 200, answer.text
    spoken: dict[str, Any] = answer.json()
    return spoken


def generation(client: TestClient, body: dict[str, Any] | None = None, **more: Any) -> Any:
    """The first generation of such an answer."""
    return say(client, body, **more)["generations"][0]


def record(client: TestClient, id: str) -> dict[str, Any]:
    """A generation as the control route shows it."""
    answer = client.get(f"/_emulator/tts/generations/{id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def findings(client: TestClient) -> list[tuple[str, str, str]]:
    """The code, the place and the hint of each finding about the client."""
    found = client.get("/_emulator/contract").json()["findings"]
    return [(each["code"], each["place"], each["hint"]) for each in found]
