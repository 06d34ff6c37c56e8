"""Rules by which webhooks misbehave."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.faults.table import DEFAULT_DELAY_MS, KINDS
from emulator.web.app import App
from tests.outgoing.calls import add_fault, ask, trigger

FAULTS_PATH = "/_emulator/faults"
LOCAL = "http://127.0.0.1:9/hook"
NOBODY = "00000000-0000-4000-8000-000000000000"


def rules(client: TestClient) -> Any:
    return ask(client, "GET", FAULTS_PATH)["faults"]


@pytest.mark.parametrize("fault", KINDS["webhook"].faults)
def test_a_rule_needs_a_fault_only(client: TestClient, fault: str) -> None:
    """A rule without limits is for all events; it is answered as it is listed."""
    rule = add_fault(client, fault)
    assert rule == {
        "id": rule["id"],
        "kind": "webhook",
        "fault": fault,
        "event_name": None,
        "chat_id": None,
        "times": None,
        "probability": None,
        "used": 0,
    } | ({"delay_ms": DEFAULT_DELAY_MS} if fault == "delay" else {})
    assert rules(client) == [rule]


def test_a_rule_keeps_its_limits(client: TestClient) -> None:
    """Event, chat, number and delay are kept as given; rules stand in their order."""
    limits = {"event_name": "chat_ended", "chat_id": NOBODY, "times": 3, "delay_ms": 0}
    first, second = add_fault(client, "delay", **limits), add_fault(client, "drop")
    assert first.items() >= limits.items()
    assert [rule["id"] for rule in rules(client)] == [first["id"], second["id"]]


def test_use_is_counted(client: TestClient) -> None:
    """`used` says how often a rule has struck; one that is used up stays in the list."""
    add_fault(client, "drop", event_name="chat_ended", times=2)
    for _ in range(3):
        trigger(client, "chat_ended", LOCAL, faults=["drop"])
    assert [rule["used"] for rule in rules(client)] == [2]


def test_each_use_is_in_the_journal(client: TestClient) -> None:
    """As docs/faults.md says of all rules: an entry of the kind 'fault'."""
    rule = add_fault(client, "drop")
    trigger(client, "chat_ended", LOCAL, faults=["drop"])
    assert [each["used"] for each in rules(client)] == [1]
    [entry] = ask(client, "GET", "/_emulator/journal?kind=fault")["entries"]
    assert (entry["rule"], entry["of"], entry["fault"]) == (rule["id"], "webhook", "drop")


def test_rules_can_be_taken_back(client: TestClient) -> None:
    """One by its id, which is unknown from then on, or all of them."""
    ids = [add_fault(client, "drop")["id"] for _ in range(3)]
    path = f"{FAULTS_PATH}/{ids[1]}"

    ask(client, "DELETE", path, status=204)
    assert [rule["id"] for rule in rules(client)] == [ids[0], ids[2]]
    unknown = ask(client, "DELETE", path, status=404)
    assert (unknown["code"], ids[1] in unknown["message"]) == ("fault_not_found", True)
    ask(client, "DELETE", FAULTS_PATH, status=204)
    assert rules(client) == []
    ask(client, "DELETE", FAULTS_PATH, status=204)


def test_a_reset_forgets_the_rules(client: TestClient) -> None:
    """A world begins without rules."""
    add_fault(client, "drop")
    client.post("/_emulator/reset")
    assert rules(client) == []


def test_worlds_do_not_share_rules(app: App, client: TestClient) -> None:
    """A world has its own rules, and can't take back those of another."""
    other = TestClient(app, headers={"X-Hume-Api-Key": "another rule"})
    rule = add_fault(client, "drop")
    assert rules(other) == []
    ask(other, "DELETE", f"{FAULTS_PATH}/{rule['id']}", status=404)
    ask(other, "DELETE", FAULTS_PATH, status=204)
    assert rules(client) == [rule]


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"fault": "drop"}, ["body", "kind"], "missing"),
        ({"kind": "webhook"}, ["body", "fault"], "missing"),
        ({"kind": "htp", "fault": "drop"}, ["body", "kind"], "enum"),
        ({"kind": "http", "fault": "drop"}, ["body", "fault"], "enum"),
        ({"kind": "webhook", "fault": "dorp"}, ["body", "fault"], "enum"),
        ({"kind": "webhook", "fault": "drop", "event_name": "x"}, ["body", "event_name"], "enum"),
        ({"kind": "webhook", "fault": "drop", "chat_id": 7}, ["body", "chat_id"], "string_type"),
        (
            {"kind": "webhook", "fault": "drop", "times": 0},
            ["body", "times"],
            "greater_than_equal",
        ),
        ({"kind": "webhook", "fault": "drop", "times": "2"}, ["body", "times"], "int_type"),
        (
            {"kind": "webhook", "fault": "delay", "delay_ms": 86_400_001},
            ["body", "delay_ms"],
            "less_than_equal",
        ),
        ({"kind": "webhook", "fault": "drop", "evnt": "x"}, ["body", "evnt"], "extra_forbidden"),
        (
            {"kind": "socket", "fault": "error", "error": "uncaugt"},
            ["body", "error"],
            "value_error",
        ),
        (
            {"kind": "socket", "fault": "close", "error": "uncaught"},
            ["body", "error"],
            "value_error",
        ),
    ],
)
def test_a_bad_rule_is_refused(client: TestClient, body: Any, loc: list[str], kind: str) -> None:
    """A mistake is a 422 with its place, and no rule."""
    [problem] = ask(client, "POST", FAULTS_PATH, body, 422)["detail"]
    assert (problem["loc"], problem["type"]) == (loc, kind)
    assert rules(client) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", FAULTS_PATH),
        ("POST", FAULTS_PATH),
        ("DELETE", FAULTS_PATH),
        ("DELETE", f"{FAULTS_PATH}/{NOBODY}"),
    ],
)
def test_a_key_is_needed(app: App, method: str, path: str) -> None:
    """Rules are a world's, so a request without a key is refused."""
    assert TestClient(app).request(method, path).status_code == 401


def test_a_body_too_deep_for_a_page(client: TestClient) -> None:
    """It is refused where it comes in, so the list can be read."""
    body: Any = []
    for _ in range(250):
        body = [body]
    rule = {"kind": "http", "fault": "status", "body": body}
    assert client.post(FAULTS_PATH, json=rule).status_code == 422
    assert (
        client.post("/_emulator/stubs", json={"operation": "list-tools", "body": body}).status_code
        == 422
    )
    assert rules(client) == []
    assert client.get("/_emulator/stubs").status_code == 200
    assert client.get("/_emulator/snapshot").status_code == 200


def test_what_can_break_can_be_asked_for(client: TestClient) -> None:
    """The table by kind; each fault of it can be added with the fields that it names."""
    table = ask(client, "GET", f"{FAULTS_PATH}/table")
    assert list(table["kinds"]) == ["http", "socket", "webhook", "model", "call"]
    assert "list-configs" in table["values"]["operation"]
    assert "inactivity_timeout" in table["values"]["error"]
    for kind, of_kind in table["kinds"].items():
        for fault, said in of_kind["faults"].items():
            options = {name: value for name, value in said["options"].items() if value is not None}
            ask(client, "POST", FAULTS_PATH, {"kind": kind, "fault": fault, **options}, 201)
