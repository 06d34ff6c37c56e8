"""GET /_emulator/metrics: all worlds together, in the text format of Prometheus."""

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings

PATH = "/_emulator/metrics"
CHAT = "/v0/evi/chat?api_key=two"


def metrics(client: TestClient) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    families = text_string_to_metric_families(answer.text)
    samples = (sample for family in families for sample in family.samples)
    return {(each.name, *each.labels.values()): each.value for each in samples}


def test_what_all_worlds_did() -> None:
    client = TestClient(new_app(Settings(seed="empty")))
    for key in ("one", "two"):
        client.get("/v0/evi/chats", headers={"X-Hume-Api-Key": key})
    client.post("/v0/evi/configs", headers={"X-Hume-Api-Key": "one"}, json={"evi_version": "3"})
    with client.websocket_connect(CHAT):
        while_open = metrics(client)
    found = metrics(client)
    assert found["evi_emulator_requests_total", "list-chats", "200"] == 2
    assert found["evi_emulator_requests_total", "create-config", "422"] == 1
    assert found["evi_emulator_worlds",] == 2
    assert found["evi_emulator_sockets_total", "chat"] == 1
    assert while_open["evi_emulator_sockets_open", "chat"] == 1
    assert found["evi_emulator_sockets_open", "chat"] == 0
    assert found["evi_emulator_findings_total", "request_invalid"] == 1
    assert found["process_resident_memory_bytes",] > 10_000_000


def test_webhooks_wait_and_are_taken() -> None:
    app = new_app(Settings(seed="empty"))
    outbox = app.worlds.get("one").outbox
    outbox.pending = 3
    app.worlds.others.use("webhooks", ["chat_ended"])
    found = metrics(TestClient(app))
    assert found["evi_emulator_webhooks_pending",] == 3
    assert found["evi_emulator_webhooks_total", "chat_ended"] == 1
