"""schemathesis, which makes requests up from the document, finds nothing wrong with the emulator.

Its settings are in `schemathesis.toml`, which names `schemathesis_hooks.py`. What the document
can't say, since its structure is the service's own, `amended` adds to a copy of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.apis.evi.state import EviState
from emulator.openapi.document import Document
from emulator.server import Server
from emulator.settings import Settings
from emulator.store.paging import Paging

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "tests/contract/schemathesis.toml"
API_KEY = "schemathesis"  # as in the config

Json = dict[str, Any]

# What coverage varies, one field at a time. One that is made up names voices that don't exist.
CONFIG_EXAMPLE = {
    "name": "Support",
    "evi_version": "3",
    "version_description": "First",
    "prompt": {"text": "Be brief.", "prompt_expansion": {"enabled": False}},
    "voice": {"name": "Ito", "provider": "HUME_AI"},
    "language_model": {"model_provider": "ANTHROPIC", "temperature": 0.5},
    "ellm_model": {"allow_short_responses": True},
    "builtin_tools": [{"name": "hang_up", "fallback_content": "Bye"}],
    "event_messages": {"on_new_chat": {"enabled": True, "text": "Hello"}},
    "interruption": {"min_interruption_ms": 800},
    "nudges": {"enabled": True, "interval_secs": 10},
    "timeouts": {"inactivity": {"enabled": True, "duration_secs": 60}},
    "turn_detection": {"end_of_turn_silence_ms": 800},
    "webhooks": [{"url": "https://example.com/hook", "events": ["chat_ended"]}],
}

CHAT_OPERATIONS = ("list-chat-events", "get-audio", "send")
RESOURCE_OPERATIONS = (
    "list-{}-versions",
    "create-{}-version",
    "get-{}-version",
    "update-{}-name",
    "update-{}-description",
)
GROUP_OPERATIONS = ("get-chat-group", "list-chat-group-events", "get-chat-group-audio")

# Source and target of a link, the target's parameter, and where the source's answer has it.
# schemathesis finds those of configs, prompts and tools by itself.
LINKS = (
    *(("list-chat-groups", name, "id", "/chat_groups_page/0/id") for name in GROUP_OPERATIONS),
    ("list-chats", "list-chat-events", "id", "/chats_page/0/id"),
    ("list-chats", "get-audio", "id", "/chats_page/0/id"),
    ("list-chats", "send", "chat_id", "/chats_page/0/id"),
)

PASSED = dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), "success")


@pytest.fixture
def locked_server() -> Iterator[Server]:
    """A server that knows one key only, so that a wrong one is refused."""
    with Server(Settings(seed="demo", port=0, api_key=(API_KEY,))) as server:
        yield server


def amended(document: Document, store: EviState) -> Json:
    """A copy of the document that says what the service's own structure leaves unsaid."""
    copy: Json = json.loads(json.dumps(document.opened().content))
    copy["security"] = [{"bearerAuth": []}]  # every operation needs the key
    operations = {each["operationId"]: each for each in iter_operations(copy)}
    for operation in operations.values():
        if "requestBody" in operation:  # a body is needed: without one, 422
            operation["requestBody"]["required"] = True
    for name in ("posted_config", "posted_config_version"):  # another version: 400
        copy["components"]["schemas"][name]["properties"]["evi_version"]["enum"] = ["3", "4-mini"]
    for name in ("posted_user_defined_tool", "posted_user_defined_tool_version"):
        # other texts, if they hold no JSON object: 400
        properties = copy["components"]["schemas"][name]["properties"]
        properties["parameters"]["enum"] = ["{}", '{"type": "object", "properties": {}}']
    for name in ("create-config", "create-config-version"):
        content = operations[name]["requestBody"]["content"]["application/json"]
        content["example"] = CONFIG_EXAMPLE
    for name, id in example_ids(store).items():
        add_example_id(operations[name], id)
    for source, target, parameter, pointer in LINKS:
        add_link(operations[source], target, parameter, pointer)
    return copy


def add_example_id(operation: Json, id: str) -> None:
    for parameter in operation["parameters"]:
        if parameter["name"] in ("id", "chat_id"):
            parameter["example"] = id
        if parameter["name"] == "version":
            parameter["example"] = 0


def add_link(operation: Json, target: str, parameter: str, pointer: str) -> None:
    links = operation["responses"]["200"].setdefault("links", {})
    parameters = {parameter: f"$response.body#{pointer}"}
    links[target] = {"operationId": target, "parameters": parameters}


def example_ids(store: EviState) -> dict[str, str]:
    """For each operation on one resource, chat or group: the id of one that the seed has.

    Deletions have others than the rest, which would find nothing after them.
    """
    [chat] = store.chats.page_of_chats(Paging(size=1)).items
    [group] = store.chats.page_of_groups(Paging(size=1)).items
    ids: dict[str, str] = {
        **dict.fromkeys(CHAT_OPERATIONS, str(chat["id"])),
        **dict.fromkeys(GROUP_OPERATIONS, str(group["id"])),
    }
    for kind, collection in (
        ("config", store.configs),
        ("prompt", store.prompts),
        ("tool", store.tools),
    ):
        rows = collection.page(Paging(size=3), latest_only=True).items
        kept, deleted, shortened = (resource.id for resource, _ in rows)
        ids |= dict.fromkeys((name.format(kind) for name in RESOURCE_OPERATIONS), kept)
        ids |= {f"delete-{kind}": deleted, f"delete-{kind}-version": shortened}
    return ids


def iter_operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from item.values()


def test_no_request_finds_a_fault(locked_server: Server, tmp_path: Path) -> None:
    """Examples, coverage, fuzzing and stateful runs over all operations pass every check."""
    server = locked_server
    document, report = tmp_path / "openapi.json", tmp_path / "report.json"
    store = server.app.worlds.get(API_KEY).state(EviState)
    document.write_text(json.dumps(amended(server.app.document, store)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run"]
    arguments = [str(document), "--url", server.url, "--report-json-path", str(report)]
    run = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(report.read_text())
    assert {name: phase["status"] for name, phase in found["phases"].items()} == PASSED
    unreached = {
        operation.id
        for operation in server.app.operations
        if accepted(found, f"{operation.method} {operation.path_template}") == 0
    }
    assert unreached == {"send"}, "operations that no request got through to"


def accepted(report: Json, operation: str) -> int:
    """How many requests of an operation got a success answer."""
    return sum(phase["accepted"] for phase in report["valid_rates"][operation].values())
