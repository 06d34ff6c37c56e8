"""What the table covers, and docs/coverage.md: what a run of it came to."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, get_args

from conformance.table import CLIENTS, FOLDER, Call, Case, Conversation, Table, operations
from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage

ROOT = FOLDER.parent
PAGE = ROOT / "docs" / "coverage.md"
STATUSES = (200, 201, 400, 401, 404, 413, 422)
PASSED, FAILED, CANNOT = "✓", "✗", "–"

Results: TypeAlias = Mapping[tuple[str, str], bool]  # by client and id of the case: has it passed?
Row: TypeAlias = Case | Conversation


def gaps(table: Table) -> list[str]:
    """Documented statuses and messages without a case, as 'create-tool 413' or 'sends binary'."""
    wanted = [f"{id} {status}" for id, each in operations().items() for status in each.responses]
    wanted += [f"sends {kind}" for kind in (*types_of(ClientMessage), "binary")]
    wanted += [f"receives {kind}" for kind in types_of(ServerMessage)]
    return [item for item in wanted if item not in covered(table)]


def covered(table: Table) -> set[str]:
    """What there are cases for, in the same words."""
    return {
        *(f"{case.call.operation.id} {case.status}" for case in table.cases),
        *(f"sends {kind}" for row in table.conversations for kind in sends(row)),
        *(f"receives {kind}" for row in table.conversations for kind in receives(row)),
    }


def types_of(union: object) -> list[str]:
    """The types of the messages of a union of models."""
    return sorted(model.model_fields["type"].default for model in get_args(union))


def sends(row: Conversation) -> set[str]:
    """The messages that a client sends, each of which is held against the journal."""
    sound = {"json": "audio_input", "binary": "binary"}
    found = {action["send"]["type"] for action in row.actions if "send" in action}
    return found | {sound[action["frames"]] for action in row.actions if "frames" in action}


def receives(row: Conversation) -> set[str]:
    """The messages whose fields are checked, one by one."""
    return {*(row.frames or {}), *(row.joined or {}).get("frames", {})}


def page(table: Table, results: Results) -> str:
    """docs/coverage.md for the results of all that `table.ids` names."""
    sections = [
        _INTRODUCTION.format(python=_python_version(), typescript=_typescript_version()),
        "\n".join(_clients(table, results)),
        "## Operations\n\n" + _OPERATIONS + "\n\n" + "\n".join(_operations(table, results)),
        "## Messages\n\n" + _MESSAGES + "\n\n" + "\n".join(_messages(table, results)),
        "## Conversations\n\n" + "\n".join(_conversations(table, results)),
        "## What a client cannot do\n\n" + "\n".join(_cannot(table)),
        "## What is not covered here\n\n" + "\n".join(_not_covered(table)),
    ]
    return "\n\n".join(sections) + "\n"


_INTRODUCTION = """\
# Coverage

What Hume's own clients ask of the emulator, and whether what must come back does: the outcome of a
run of the table in [conformance/](../conformance/README.md). Written by `make coverage`; a complete
run of the tests fails where this page is not what it finds.

The clients are `HumeClient` and `AsyncHumeClient` of `hume` {python} (Python), and `HumeClient` of
`hume` {typescript} (TypeScript). Marks stand in this order: ✓ all cases pass, ✗ one fails, – the
client cannot do it, [and why](#what-a-client-cannot-do). A number is that of the cases."""
_OPERATIONS = """\
Statuses are those that `openapi.yaml` documents. Each case also holds the request that the client
sent against the document."""
_MESSAGES = """\
Of what a client sends, each frame is held against the journal; of what it receives, the order of
all messages, and every field of the first one of a type."""


def _clients(table: Table, results: Results) -> Iterator[str]:
    yield from _head("client", "cases", "✓", "✗", "–")
    total = len(table.cases) + len(table.conversations)
    for client in CLIENTS:
        ids = table.ids(client)
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


def _conversations(table: Table, results: Results) -> Iterator[str]:
    yield from _head("conversation", "state")
    for row in table.conversations:
        yield _line(row.title, _marks([row], results).rstrip(" 1"))


def _cannot(table: Table) -> Iterator[str]:
    for row in table.rows:
        for language, why in (row.cannot or {}).items():
            name = {"python": "Python", "typescript": "TypeScript"}[language]
            yield f"- {name}, {row.id}: {why}."


def _not_covered(table: Table) -> Iterator[str]:
    for what, why in table.not_covered.items():
        yield f"- {what}: {why}."


def _marks(rows: Sequence[Row], results: Results) -> str:
    """A mark for each client, and the number of the cases."""
    marks = [_mark(client, rows, results) for client in CLIENTS]
    return f"{''.join(marks)} {len(rows)}" if rows else ""


def _mark(client: str, rows: Iterable[Row], results: Results) -> str:
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
