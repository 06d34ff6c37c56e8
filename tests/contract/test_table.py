"""The table of the clients' calls is whole, and its mistakes are told with their place."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.coverage import covered, gaps, types_of
from conformance.requests import Request, request_of, sent_wrongly
from conformance.table import (
    CLIENTS,
    FOLDER,
    Case,
    Table,
    TableError,
    load_table,
    load_tables,
    operations,
)
from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage
from emulator.jsontext import JsonObject

TABLES = load_tables()
TABLE, TTS = TABLES
of_each = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.api)


@of_each
def test_every_operation_has_cases_that_succeed_with_both_clients(table: Table) -> None:
    """None is forgotten, neither by Python nor by TypeScript."""
    assert len(operations(table.api)) == {"evi": 35, "tts": 9}[table.api]
    assert set(table.calls) == set(operations(table.api))
    for client, language in CLIENTS.items():
        ids = set(table.ids(client))
        done = {case.call.operation.id for case in table.cases if case.succeeds and case.id in ids}
        assert done == set(operations(table.api)), language


@of_each
def test_every_documented_status_and_every_message_has_a_case(table: Table) -> None:
    """What has none is named in clients.yaml, with the reason; what has one is not."""
    assert [item for item in gaps(table) if item not in table.not_covered] == []
    assert covered(table) & set(table.not_covered) == set()


def test_every_message_of_the_models_is_in_the_table() -> None:
    """`sends` and `receives` name the messages that the emulator has, and raw sound."""
    assert sorted(TABLE.sends) == sorted([*types_of(ClientMessage), "binary"])
    assert sorted(TABLE.receives) == types_of(ServerMessage)


def test_what_no_case_is_about_is_a_gap() -> None:
    """Nothing counts as covered but by a case."""
    others = [case for case in TABLE.cases if case.id != "create-tool: a body that is too large"]
    assert gaps(replace(TABLE, cases=others)) == ["create-tool 413"]
    rows = [row for row in TABLE.conversations if row.title != "typed interruption"]
    assert gaps(replace(TABLE, conversations=rows)) == ["receives user_interruption"]
    connections = [row for row in TTS.connections if row.title != "both types of timestamps"]
    found = set(gaps(replace(TTS, connections=connections))) - set(TTS.not_covered)
    assert found == {"receives timestamp"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the table's files."""
    return Path(shutil.copytree(FOLDER / "evi", tmp_path / "evi"))


MISTAKES = {
    "unknown field": (
        "operations/tools.yaml",
        "status: 404",
        "statuss: 404",
        ("tools.yaml:", "/operations/", "'statuss' was unexpected"),
    ),
    "unknown matcher": (
        "operations/chats.yaml",
        "<uuid>",
        "<uid>",
        ("chats.yaml:", "'<uid>'", "did you mean '<uuid>'", "<ms>"),
    ),
    "unknown operation": (
        "operations/chats.yaml",
        "  get-audio:",
        "  get-audios:",
        ("chats.yaml", "'get-audios'", "'get-audio'"),
    ),
    "unknown operation in a step": (
        "operations/tools.yaml",
        "operation: create-tool,",
        "operation: crate-tool,",
        ("list-tools: page by page", "'crate-tool'", "'create-tool'"),
    ),
    "unknown action": (
        "conversations/ends.yaml",
        "{await: closed}",
        "{awaits: closed}",
        ("ends.yaml:", "/actions/", "'awaits' was unexpected"),
    ),
    "unknown script": (
        "conversations/ends.yaml",
        "script: talk",
        "script: talks",
        ("ends.yaml", "'talks'", "'talk'"),
    ),
    "two of a name": (
        "conversations/turns.yaml",
        "title: no script",
        "title: typed turns",
        ("'conversation: typed turns'",),
    ),
    "no YAML": ("clients.yaml", "errors:", "errors: [", ("clients.yaml:",)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(copy: Path, name: str) -> None:
    """The error names the file, and what was meant where that can be guessed."""
    file, right, wrong, words = MISTAKES[name]
    text = (copy / file).read_text()
    assert right in text
    (copy / file).write_text(text.replace(right, wrong))
    with pytest.raises(TableError) as caught:
        load_table(copy)
    assert [word for word in words if word not in str(caught.value)] == []


# What a call must send.


def case_of(id: str) -> Case:
    [case] = [each for each in TABLE.cases if each.id == id]
    return case


def test_arguments_go_where_the_document_has_them() -> None:
    """Into the path, into the query as text, into the body; one may be the whole body."""
    versions = operations("evi")["list-config-versions"]
    arguments = {"id": "abc", "page_size": 5, "restrict_to_most_recent": False}
    query = {"page_size": "5", "restrict_to_most_recent": "false"}
    assert request_of(versions, arguments) == Request("GET", "/v0/evi/configs/abc", query, None)
    rename = operations("evi")["update-config-name"]
    renamed = request_of(rename, {"id": "abc", "name": "New"})
    assert renamed == Request("PATCH", "/v0/evi/configs/abc", {}, {"name": "New"})
    send = operations("evi")["send"]
    message = {"type": "user_input", "text": "Hi"}
    sent = request_of(send, {"chat_id": "abc", "request": message}, body="request")
    assert sent == Request("POST", "/v0/evi/chat/abc/send", {}, message)


def entry(query: str = "", **other: object) -> JsonObject:
    path, status = "/v0/evi/tools", 200
    return {
        **{"method": "GET", "path": path, "query": query, "request": "", "status": status},
        **other,
    }


def test_requests_are_held_against_the_arguments() -> None:
    """A page more, another query, a body that nobody gave: each is told with its place."""
    case = case_of("list-tools: page by page, the oldest first")
    asked = [entry(f"page_size=2&page_number={number}") for number in range(3)]
    assert sent_wrongly(case, "python", case.arguments, asked) == []
    [problem] = sent_wrongly(case, "python", case.arguments, asked[:2])
    assert problem.startswith("/requests: expected 3, got 2")
    [problem] = sent_wrongly(case, "python", case.arguments, [asked[0], asked[2], asked[2]])
    assert problem.startswith("/request 2/query/page_number: expected '1', got '2'")
    more = [*asked[:2], entry("page_size=2&page_number=2&name=x", request='{"a": 1}')]
    assert len(sent_wrongly(case, "python", case.arguments, more)) == 2
    # TypeScript leaves the first number out
    [problem] = sent_wrongly(case, "typescript", case.arguments, asked)
    assert problem.startswith("/request 1/query/page_number: expected nothing, got '0'")
