"""The table's files, checked and read into frozen values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from jsonschema import Draft202012Validator

from conformance.values import unknown_matchers
from emulator.apis.apis import APIS
from emulator.errors import closest
from emulator.jsontext import Json, JsonObject
from emulator.openapi.operation import Operation
from emulator.resources import read_data
from emulator.source_files import UnreadableError, read_source_file

FOLDER = Path(__file__).parent
NAMES = ("evi", "tts")  # of the APIs that have a table: folders
CLIENTS = {  # as results and pages name them; and the column of the table that each reads
    "HumeClient": "python",
    "AsyncHumeClient": "python",
    "TypeScript": "typescript",
}
NOBODY = "00000000-0000-4000-8000-000000000000"  # an id of nothing


class TableError(ValueError):
    """The table's files are wrong; a line for each mistake: file:line: pointer: message."""


@dataclass(frozen=True)
class Call:
    """How the clients call an operation: `python` and `typescript` are paths of methods.

    `pager` is the field with the items, where the call returns a pager; `body` the argument that is
    the whole body, `upload` the one that is a file; `answers` is "lines" or "file" where the answer
    is streamed or a sound. `well_formed` are arguments that any server can read, `text` the path of
    one among them that may be any text. `errors` are classes by status and language.
    """

    operation: Operation
    python: str
    typescript: str
    pager: str | None
    body: str | None
    well_formed: JsonObject
    text: str | None
    errors: Mapping[int, Mapping[str, str]]
    adds: Mapping[str, Mapping[str, str]]  # to the query, by language
    upload: str | None = None
    answers: str | None = None

    def method(self, language: str) -> str:
        return self.python if language == "python" else self.typescript


@dataclass(frozen=True)
class Case:
    """One call of an operation, and what must come back. README.md has the fields."""

    call: Call
    title: str
    arguments: JsonObject
    status: int
    given: Sequence[JsonObject] = ()
    requests: int | Mapping[str, int] = 1  # by language, where they differ
    returns: Json = None
    checks_value: bool = False  # whether `returns` says anything
    says: Sequence[str] = ()
    then: Sequence[JsonObject] = ()
    guarded: bool = False
    key: str | None = None
    cannot: Mapping[str, str] | None = None

    @property
    def id(self) -> str:
        return f"{self.call.operation.id}: {self.title}"

    @property
    def succeeds(self) -> bool:
        return self.status == self.call.operation.success_status


@dataclass(frozen=True)
class Sender:
    """A message of the client, or 'binary': the socket's methods that send it."""

    python: str
    typescript: str
    takes: str  # by TypeScript: 'text', 'fields' or 'bytes'
    model: str | None = None


@dataclass(frozen=True)
class Conversation:
    """A chat: what is there before, what happens, and what the client receives.

    `frames` has the fields of the first frame of a type. README.md has the rest.
    """

    title: str
    actions: Sequence[JsonObject]
    transcript: Sequence[str]
    status: str | None = "USER_ENDED"  # of the chat afterwards; None: there is no chat
    marks: Sequence[str] = ()  # the events of its history that are no messages
    tools: Sequence[JsonObject] = ()
    config: JsonObject | None = None
    connect: Mapping[str, Any] | None = None
    script: JsonObject | None = None
    heard: Sequence[str] = ()
    before: JsonObject | None = None
    joined: JsonObject | None = None  # `transcript` and `frames` of a second client
    frames: Mapping[str, JsonObject] | None = None
    cannot: Mapping[str, str] | None = None

    @property
    def id(self) -> str:
        return f"conversation: {self.title}"


@dataclass(frozen=True)
class Connection:
    """A connection of text-to-speech's socket: what a client sends, and all that it receives."""

    title: str
    actions: Sequence[JsonObject]
    receives: Sequence[JsonObject]
    given: Sequence[JsonObject] = ()
    connect: Mapping[str, Any] | None = None
    closed: int = 1000
    cannot: Mapping[str, str] | None = None

    @property
    def id(self) -> str:
        return f"socket: {self.title}"


AnyRow: TypeAlias = Case | Conversation | Connection


@dataclass(frozen=True)
class Table:
    """All of an API's. `sends` and `receives`: the messages of a chat, by type."""

    api: str
    calls: Mapping[str, Call]
    cases: Sequence[Case]
    conversations: Sequence[Conversation]
    connections: Sequence[Connection]
    sends: Mapping[str, Sender]
    receives: Mapping[str, str]
    not_covered: Mapping[str, str]  # what, and why

    def ids(self, client: str) -> list[str]:
        """The ids of all cases that a client is to pass."""
        return [row.id for row in self.rows if CLIENTS[client] not in (row.cannot or {})]

    @property
    def rows(self) -> Sequence[AnyRow]:
        return [*self.cases, *self.conversations, *self.connections]


@cache
def operations(name: str) -> Mapping[str, Operation]:
    """Return the operations of the document of an API, by id."""
    [api] = [each for each in APIS if each.name == name]
    return {operation.id: operation for operation in api.operations(api.load_document())}


@cache
def all_operations() -> Mapping[str, Operation]:
    """Return those of all documents, which steps may call."""
    return {id: operation for name in NAMES for id, operation in operations(name).items()}


@cache
def load_tables() -> Sequence[Table]:
    """Return the tables of all APIs, which are read once. Raises TableError."""
    return tuple(load_table(FOLDER / name) for name in NAMES)


def load_table(folder: Path = FOLDER / NAMES[0]) -> Table:
    """Return the table in a folder, which has the name of its API. Raises TableError."""
    clients = read(folder / "clients.yaml", "clients")
    every = read(folder / "operations" / "every.yaml", "every")["cases"]
    calls: dict[str, Call] = {}
    cases: list[Case] = []
    for path in sorted((folder / "operations").glob("*.yaml")):
        if path.name == "every.yaml":
            continue
        for id, content in read(path, "operations")["operations"].items():
            calls[id] = call = _call(path, id, content, clients)
            cases += [_case(call, each) for each in content["cases"]]
            cases += [_case_of_every(call, each) for each in every if _applies(each, call)]
    return Table(
        api=folder.name,
        calls=calls,
        cases=_unique(cases),
        conversations=_unique(list(_conversations(folder))),
        connections=_unique(list(_connections(folder))),
        sends={kind: Sender(**content) for kind, content in clients.get("sends", {}).items()},
        receives=clients.get("receives", {}),
        not_covered={row["what"]: row["why"] for row in clients["not_covered"]},
    )


def read(path: Path, kind: str) -> JsonObject:
    """A file of the table, checked against schema.yaml. Raises TableError."""
    try:
        file = read_source_file(path)
    except UnreadableError as error:
        raise TableError(str(error)) from None
    for problem in _validator(kind).iter_errors(file.content):
        file.mistake(tuple(problem.absolute_path), problem.message)
    for loc, message in unknown_matchers(file.content):
        file.mistake(loc, message)
    if file.mistakes:
        raise TableError(file.describe_mistakes())
    content: JsonObject = file.content
    return content


@cache
def _validator(kind: str) -> Draft202012Validator:
    schema = read_data(FOLDER / "schema.yaml")
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{kind}"})


def _by_status(errors: JsonObject) -> dict[int, Mapping[str, str]]:
    return {int(status): names for status, names in errors.items()}


def _call(path: Path, id: str, content: JsonObject, clients: JsonObject) -> Call:
    return Call(
        operation=_known_operation(id, path.name, operations(path.parents[1].name)),
        python=content["python"],
        typescript=content["typescript"],
        pager=content.get("pager"),
        body=content.get("body"),
        well_formed=content["well_formed"],
        text=content.get("text"),
        errors=_by_status({**clients["errors"], **content.get("errors", {})}),
        adds=clients["pagers_add"] if "pager" in content else {},
        upload=content.get("upload"),
        answers=content.get("answers"),
    )


def _known_operation(id: str, place: str, known: Mapping[str, Operation]) -> Operation:
    if id not in known:
        hint = closest(id, list(known))
        raise TableError(f"{place}: the document has no operation {id!r}{hint}")
    return known[id]


def _check_steps(steps: Iterable[JsonObject], place: str) -> None:
    for step in steps:
        if "operation" in step:
            _known_operation(step["operation"], place, all_operations())


def _case(call: Call, content: JsonObject) -> Case:
    steps = (*content.get("given", ()), *content.get("then", ()))
    _check_steps(steps, f"{call.operation.id}: {content['title']}")
    fields = {key: value for key, value in content.items() if key not in _READ_HERE}
    return Case(
        call=call,
        status=int(content.get("status", call.operation.success_status)),
        checks_value="returns" in content,
        guarded=content.get("server") == "guarded",
        **fields,
    )


_READ_HERE = ("where", "status", "server", "id", "lengthen")


def _case_of_every(call: Call, content: JsonObject) -> Case:
    arguments = dict(call.well_formed)
    if "id" in content:
        arguments[call.operation.parameters[0].name] = content["id"]
    if "lengthen" in content:
        assert call.text is not None
        arguments = _with_text(arguments, call.text.split("."), "x" * content["lengthen"])
    return _case(call, {**content, "arguments": arguments})


def _with_text(arguments: Any, steps: Sequence[str], text: str) -> Any:
    first, *rest = steps
    place = int(first) if isinstance(arguments, list) else first
    longer = arguments.copy()
    longer[place] = _with_text(arguments[place], rest, text) if rest else text
    return longer


def _applies(content: JsonObject, call: Call) -> bool:
    match content["where"]:
        case "id":
            return "{" in call.operation.path_template
        case "uuid":
            parameters = call.operation.parameters
            return any((each.location, each.type) == ("path", "uuid") for each in parameters)
        case "body":
            return call.text is not None
        case _:
            return True


def _conversations(folder: Path) -> Iterator[Conversation]:
    scripts = read_data(folder / "scripts.yaml") if _talks(folder) else {}
    for path in sorted((folder / "conversations").glob("*.yaml")):
        for content in read(path, "conversations")["conversations"]:
            if "script" in content:
                if content["script"] not in scripts:
                    hint = closest(content["script"], list(scripts))
                    raise TableError(f"{path.name}: no script {content['script']!r}{hint}")
                content = {**content, "script": scripts[content["script"]]}
            yield Conversation(**content)


def _talks(folder: Path) -> bool:
    return (folder / "conversations").is_dir()


def _connections(folder: Path) -> Iterator[Connection]:
    for path in sorted((folder / "connections").glob("*.yaml")):
        for content in read(path, "connections")["connections"]:
            row = Connection(**content)
            _check_steps(row.given, row.id)
            yield row


Row = TypeVar("Row", Case, Conversation, Connection)


def _unique(rows: list[Row]) -> list[Row]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise TableError(f"two cases are called {row.id!r}")
        seen.add(row.id)
    return rows
