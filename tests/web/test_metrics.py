"""GET /_emulator/metrics: all worlds together, in the text format of Prometheus."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from websockets.sync.client import connect

from emulator.server import Server, new_app
from emulator.settings import Settings

PATH = "/_emulator/metrics"
PATIENCE_S = 10

Found = dict[tuple[str, ...], float]


def metrics(client: httpx.Client | TestClient) -> Found:
    """Return each sample by its name and the values of its labels."""
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    families = text_string_to_metric_families(answer.text)
    samples = (sample for family in families for sample in family.samples)
    return {(each.name, *each.labels.values()): each.value for each in samples}


def resources(found: Found) -> dict[str, float]:
    """Return how many resources there are, by their name."""
    return {key[1]: value for key, value in found.items() if key[0] == "evi_emulator_resources"}


def as_key(key: str) -> dict[str, str]:
    return {"X-Hume-Api-Key": key}


@pytest.fixture
def client() -> TestClient:
    return TestClient(new_app(Settings(seed="empty")))


def test_what_all_worlds_did(client: TestClient) -> None:
    for key in ("one", "two"):
        client.get("/v0/evi/chats", headers=as_key(key))
    client.post("/v0/evi/configs", headers=as_key("one"), json={"evi_version": "3"})
    found = metrics(client)
    assert found["evi_emulator_requests_total", "list-chats", "200"] == 2
    assert found["evi_emulator_requests_total", "create-config", "422"] == 1
    assert found["evi_emulator_worlds",] == 2
    assert found["evi_emulator_findings_total", "request_invalid"] == 1
    assert found["process_resident_memory_bytes",] > 10_000_000


def test_chats() -> None:
    """Those of sockets while they are open, and simulated ones."""
    with (
        Server(Settings(seed="empty", port=0)) as server,
        httpx.Client(base_url=server.url, trust_env=False, headers=as_key("one")) as client,
    ):
        address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key=two"
        with connect(address, proxy=None) as chat:
            chat.recv(PATIENCE_S)
            while_open = metrics(client)
        client.post("/_emulator/simulate", json={"user": ["Hello."]})
        ended = f"kind=frame&direction=in&api_key=two&timeout={PATIENCE_S}"
        client.get(f"/_emulator/journal/wait?{ended}", headers={"X-Hume-Api-Key": ""})
        found = metrics(client)
    assert while_open["evi_emulator_sockets_total", "chat"] == 1
    assert while_open["evi_emulator_sockets_open", "chat"] == 1
    assert resources(while_open)["live_chats"] == 1
    assert resources(found)["live_chats"] == 0
    assert resources(found)["chats"] == 2
    assert resources(found)["chat_events"] > 4


def test_speech_and_calls(client: TestClient) -> None:
    """What both have left behind in their worlds, until a reset."""
    for key in ("one", "one", "two"):
        body = {"utterances": [{"text": "Good morning."}]}
        assert client.post("/v0/tts", headers=as_key(key), json=body).status_code == 200
    call = {"CallSid": "CA1", "AccountSid": "AC1", "From": "+1", "To": "+2"}
    client.post("/v0/evi/twilio?api_key=two", data=call)
    found = metrics(client)
    assert (resources(found)["generations"], resources(found)["calls"]) == (3, 1)
    assert found["evi_emulator_requests_total", "synthesize-json", "200"] == 3
    client.post("/_emulator/reset", headers=as_key("one"))
    assert resources(metrics(client))["generations"] == 1


def test_webhooks_wait_and_are_taken() -> None:
    app = new_app(Settings(seed="empty"))
    outbox = app.worlds.get("one").outbox
    outbox.pending = 3
    app.worlds.others.use("webhooks", ["chat_ended"])
    found = metrics(TestClient(app))
    assert found["evi_emulator_webhooks_pending",] == 3
    assert found["evi_emulator_webhooks_total", "chat_ended"] == 1
