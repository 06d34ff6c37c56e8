"""Coverage of the table, and docs/coverage.md with the results of a run."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, get_args

from conformance.table import (
    CLIENTS,
    FOLDER,
    AnyRow,
    Call,
    Connection,
    Conversation,
    Table,
    operations,
)
from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage
from emulator.apis.tts.contract import SENT
from emulator.apis.tts.messages import message_fields

ROOT = FOLDER.parent
PAGE = ROOT / "docs" / "coverage.md"
STATUSES = (200, 201, 400, 401, 404, 413, 422)
PASSED, FAILED, CANNOT = "✓", "✗", "–"

Results: TypeAlias = Mapping[tuple[str, str], bool]  # by client and id of the case: has it passed?
Talk: TypeAlias = Conversation | Connection
TITLES = {"evi": "EVI", "tts": "Text-to-speech"}


def gaps(table: Table) -> list[str]:
    """Documented statuses and messages without a case, as 'create-tool 413' or 'sends binary'.

    What is sent on text-to-speech's socket are fields, since its messages have no types.
    """
    of_documents = operations(table.api).items()
    wanted = [f"{id} {status}" for id, each in of_documents for status in each.responses]
    wanted += [f"sends {kind}" for kind in kinds_sent(table)]
    wanted += [f"receives {kind}" for kind in kinds_received(table)]
    return [item for item in wanted if item not in covered(table)]


def covered(table: Table) -> set[str]:
    """Return what has cases, in the same words."""
    talks: list[Talk] = [*table.conversations, *table.connections]
    return {
        *(f"{case.call.operation.id} {case.status}" for case in table.cases),
        *(f"sends {kind}" for row in talks for kind in sends(row)),
        *(f"receives {kind}" for row in talks for kind in receives(row)),
    }


def kinds_sent(table: Table) -> list[str]:
    """All that a client can send on the sockets of an API."""
    if table.api == "evi":
        return [*types_of(ClientMessage), "binary"]
    return list(message_fields().children)


def kinds_received(table: Table) -> list[str]:
    """All that it can get there."""
    return types_of(ServerMessage) if table.api == "evi" else list(SENT)


def types_of(union: object) -> list[str]:
    """The types of the messages of a union of models."""
    return sorted(model.model_fields["type"].default for model in get_args(union))


def sends(row: Talk) -> set[str]:
    """The messages that a client sends, each of which is held against the journal."""
    if isinstance(row, Connection):
        return {name for each in row.actions for name in each.get("send", ())}
    sound = {"json": "audio_input", "binary": "binary"}
    found = {action["send"]["type"] for action in row.actions if "send" in action}
    return found | {sound[action["frames"]] for action in row.actions if "frames" in action}


def receives(row: Talk) -> set[str]:
    """The messages whose fields are checked, one by one."""
    if isinstance(row, Connection):
        return {each.get("type", "error") for each in row.receives}
    return {*(row.frames or {}), *(row.joined or {}).get("frames", {})}


def page(tables: Sequence[Table], results: Results) -> str:
    """docs/coverage.md for the results of all that `Table.ids` names."""
    sections = [
        _INTRODUCTION.format(python=_python_version(), typescript=_typescript_version()),
        "\n".join(_clients(tables, results)),
    ]
    for table in tables:
        sections += _of_api(table, results)
    sections += [
        "## What a client cannot do\n\n" + "\n".join(_each(tables, _cannot)),
        "## What is not covered here\n\n" + "\n".join(_each(tables, _not_covered)),
    ]
    return "\n\n".join(sections) + "\n"


def _of_api(table: Table, results: Results) -> Iterator[str]:
    title = TITLES[table.api]
    operations = "\n".join(_operations(table, results))
    yield f"## {title}: operations\n\n{_OPERATIONS[table.api]}\n\n{operations}"
    if table.conversations:
        yield (
            f"## {title}: messages\n\n" + _MESSAGES + "\n\n" + "\n".join(_messages(table, results))
        )
        talks = "\n".join(_talks("conversation", table.conversations, results))
        yield f"## {title}: conversations\n\n" + talks
    if table.connections:
        frames = "\n".join(_frames(table, results))
        talks = "\n".join(_talks("connection", table.connections, results))
        yield f"## {title}: the socket\n\n{_FRAMES}\n\n{frames}\n\n{talks}"


def _each(tables: Iterable[Table], lines: Callable[[Table], Iterator[str]]) -> Iterator[str]:
    return (line for table in tables for line in lines(table))


_INTRODUCTION = """\
# Coverage

This page says what Hume's own clients ask of the emulator, and whether the right answer comes back.
`make coverage` writes it from a run of the table in [conformance/](../conformance/README.md); a
complete run of the tests fails if the page differs from what it finds.

The clients are `HumeClient` and `AsyncHumeClient` of `hume` {python} (Python), and `HumeClient` of
`hume` {typescript} (TypeScript). Marks stand in this order: ✓ all cases pass, ✗ one fails, – the
client cannot do it, [and why](#what-a-client-cannot-do). The number is the number of cases."""
_HELD = "Each case also holds the request that the client\nsent against the document."
_OPERATIONS = {
    "evi": f"The table has the statuses that `openapi.yaml` documents. {_HELD}",
    "tts": f"The table has the statuses that `/openapi/tts.json` documents. {_HELD}",
}
_FRAMES = """\
Each message that a client sends is held against the journal, and all that it receives against the
table, to the close code."""
_MESSAGES = """\
Of what a client sends, each frame is held against the journal; of what it receives, the order of
all messages, and every field of the first one of a type."""


def _clients(tables: Iterable[Table], results: Results) -> Iterator[str]:
    yield from _head("client", "cases", "✓", "✗", "–")
    total = sum(len(table.rows) for table in tables)
    for client in CLIENTS:
        ids = [id for table in tables for id in table.ids(client)]
        good = sum(results[client, id] for id in ids)
        yield _line(client, total, good, len(ids) - good, total - len(ids))


def _operations(table: Table, results: Results) -> Iterator[str]:
    yield from _head("operation", "Python", "TypeScript", *map(str, STATUSES))
    for id, call in table.calls.items():
        cells = [_status(table, results, call, status) for status in STATUSES]
        yield _line(f"`{id}`", _method(call.python), _method(call.typescript), *cells)


def _method(path: str) -> str:
    return f"`{path.partition('.')[2]}`"


def _status(table: Table, results: Results, call: Call, status: int) -> str:
    if status not in call.operation.responses:
        return ""
    rows = [case for case in table.cases if case.call is call and case.status == status]
    return _marks(rows, results)


def _messages(table: Table, results: Results) -> Iterator[str]:
    yield from _head("client to server", "Python", "TypeScript", "state")
    for kind, sender in table.sends.items():
        rows = [row for row in table.conversations if kind in sends(row)]
        python = f"`{sender.python}`" + (f" of `{sender.model}`" if sender.model else "")
        yield _line(f"`{kind}`", python, f"`{sender.typescript}`", _marks(rows, results))
    yield ""
    yield from _head("server to client", "Python", "state")
    for kind, model in table.receives.items():
        rows = [row for row in table.conversations if kind in receives(row)]
        yield _line(f"`{kind}`", f"`{model}`", _marks(rows, results))


def _talks(kind: str, rows: Iterable[Talk], results: Results) -> Iterator[str]:
    yield from _head(kind, "state")
    for row in rows:
        yield _line(row.title, _marks([row], results).rstrip(" 1"))


def _frames(table: Table, results: Results) -> Iterator[str]:
    yield from _head("client to server", "state")
    for kind in kinds_sent(table):
        rows = [row for row in table.connections if kind in sends(row)]
        yield _line(f"`{kind}`", _marks(rows, results))
    yield ""
    yield from _head("server to client", "state")
    for kind in kinds_received(table):
        rows = [row for row in table.connections if kind in receives(row)]
        yield _line(f"`{kind}`", _marks(rows, results))


def _cannot(table: Table) -> Iterator[str]:
    for row in table.rows:
        for language, why in (row.cannot or {}).items():
            name = {"python": "Python", "typescript": "TypeScript"}[language]
            yield f"- {name}, {row.id}: {why}."


def _not_covered(table: Table) -> Iterator[str]:
    for what, why in table.not_covered.items():
        yield f"- {what}: {why}."


def _marks(rows: Sequence[AnyRow], results: Results) -> str:
    """A mark for each client, and the number of the cases."""
    marks = [_mark(client, rows, results) for client in CLIENTS]
    return f"{''.join(marks)} {len(rows)}" if rows else ""


def _mark(client: str, rows: Iterable[AnyRow], results: Results) -> str:
    tried = [row.id for row in rows if CLIENTS[client] not in (row.cannot or {})]
    if not tried:
        return CANNOT
    return PASSED if all(results[client, id] for id in tried) else FAILED


def _head(*names: str) -> Iterator[str]:
    yield _line(*names)
    yield "|" + "---|" * len(names)


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _python_version() -> str:
    found = re.search(r"^hume==(.+)$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _typescript_version() -> str:
    package = json.loads(Path(ROOT / "tests" / "node" / "package.json").read_text())
    return str(package["dependencies"]["hume"])
