"""The vendor's TypeScript package does what the table in `conformance/` says, in Node."""

from base64 import b64encode
from collections.abc import Iterator

import httpx
import pytest

from conformance.plugin import ran
from conformance.table import Case, Connection, Conversation
from conformance.values import resolve
from emulator.server import Server
from tests.contract.cases import Json, Outcome, judge, settle
from tests.contract.conftest import OpenStage, Record
from tests.contract.conversations import CASES, CONNECTIONS, params, prepare
from tests.contract.sounds import pieces_of_sound
from tests.contract.speech import check_connection
from tests.contract.test_chat_typescript import Node, snake, why_not, with_sounds
from tests.contract.transcripts import as_stated, check_conversation, check_frames, transcript

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


@pytest.fixture(scope="module")
def caller() -> Iterator[Node]:
    """The vendor's client, in a process that all calls share."""
    node = Node("call.mjs")
    yield node
    node.close()


@pytest.fixture(scope="module")
def speaker() -> Iterator[Node]:
    """The same for all connections of text-to-speech's socket."""
    node = Node("speech.mjs")
    yield node
    node.close()


@pytest.fixture(scope="module")
def talker() -> Iterator[Node]:
    """The same for all conversations."""
    node = Node("chat.mjs")
    yield node
    node.close()


def call(caller: Node, url: str, key: str, case: Case, arguments: Json) -> Outcome:
    """Call the operation: what stands in the URL comes first, then one object with the rest."""
    in_path = [each.name for each in case.call.operation.parameters if each.location == "path"]
    rest = {name: value for name, value in arguments.items() if name not in in_path}
    if case.call.body is not None:
        rest = arguments[case.call.body]
    told = caller.ask(
        url=url,
        apiKey=key,
        method=case.call.typescript,
        path=[arguments[name] for name in in_path],
        rest=rest or None,
        pager=case.call.pager,
        upload=upload(case, arguments),
        answers=case.call.answers,
    )
    return Outcome(**snake(told))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_operation(
    case: Case, caller: Node, open_stage: OpenStage, record_property: Record
) -> None:
    """The call sends what the table says, and comes back as it says."""
    record_property(*ran("TypeScript", case))
    stage = open_stage(case)
    before = stage.seq
    arguments = resolve(case.arguments, stage.names)
    outcome = call(caller, stage.url, stage.key, case, arguments)
    problems = judge(case, "typescript", stage.names, outcome, stage.requests_since(before))
    if settle(case, "typescript", problems):
        stage.take(case.then)


def upload(case: Case, arguments: Json) -> Json | None:
    """The argument that is a file, in base64."""
    name = case.call.upload
    if name not in arguments:
        return None
    return {"name": name, "content": b64encode(b"".join(pieces_of_sound(arguments[name]))).decode()}


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda each: each.id)
def test_connection(
    connection: Connection, speaker: Node, open_stage: OpenStage, record_property: Record
) -> None:
    """The client receives what the table says, and the socket is closed without an error."""
    record_property(*ran("TypeScript", connection))
    stage = open_stage(connection)
    before = stage.seq
    query = resolve(dict(connection.connect or {}), stage.names)
    told = snake(
        speaker.ask(url=stage.url, apiKey=stage.key, query=query, actions=connection.actions)
    )
    with as_stated(connection, "typescript", AssertionError):
        assert told["errors"] == []
        check_connection(connection, (told["received"], told["closed"]), stage.frames_since(before))


@pytest.mark.parametrize("conversation", params())
def test_conversation(
    conversation: Conversation,
    talker: Node,
    server: Server,
    remote: httpx.Client,
    api_key: str,
    record_property: Record,
) -> None:
    """The client receives what the table says, and the chat's record says the same."""
    record_property(*ran("TypeScript", conversation))
    options = prepare(remote, conversation)
    with as_stated(conversation, "typescript", AssertionError):
        received = talker.hold(
            url=server.url,
            apiKey=api_key,
            options=options,
            actions=with_sounds(conversation.actions),
        )
        messages = as_sent(received)
        check_conversation(remote, conversation, messages, received["closed"])
        if conversation.joined is not None:
            joined = as_sent(received["joined"])
            assert transcript(joined, None) == conversation.joined["transcript"]
            check_frames(conversation.joined.get("frames", {}), joined)


def as_sent(received: Json) -> list[Json]:
    """The messages without what the client itself adds to those of a chat."""
    assert received["errors"] == []
    return [
        {key: value for key, value in each.items() if key != "received_at"}
        for each in received["messages"]
    ]
