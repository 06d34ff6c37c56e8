"""The vendor's Python package does what the table in `conformance/` says, sync and async."""

import json
from base64 import b64encode
from operator import attrgetter
from typing import Any

import httpx
import pytest
from hume import HumeClient
from hume.core.api_error import ApiError
from hume.core.pydantic_utilities import UniversalBaseModel
from pydantic import ValidationError
from websockets.exceptions import InvalidStatus

from conformance.plugin import ran
from conformance.table import Case, Connection, Conversation
from conformance.values import resolve
from emulator.server import Server
from tests.contract.calls import async_client, sync_client
from tests.contract.cases import Json, Outcome, judge, settle
from tests.contract.chat_python import Connect, Player, async_chat, model_of, sync_chat, typed
from tests.contract.conftest import OpenStage, Record
from tests.contract.conversations import CASES, CONNECTIONS, params, prepare
from tests.contract.sounds import pieces_of_sound
from tests.contract.speech import check_connection
from tests.contract.speech_python import Speak, async_speech, sync_speech
from tests.contract.transcripts import as_stated, check_conversation

pytestmark = [
    pytest.mark.slow,
    # The vendor's control plane imports names that websockets means to remove.
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

OPENERS = {"HumeClient": sync_client, "AsyncHumeClient": async_client}
CHATS: dict[str, Connect] = {"HumeClient": sync_chat, "AsyncHumeClient": async_chat}
SPEECH: dict[str, Speak] = {"HumeClient": sync_speech, "AsyncHumeClient": async_speech}


def call(client: HumeClient, case: Case, arguments: Json) -> Outcome:
    """Call the operation, and walk through all pages if it has a pager."""
    method = attrgetter(case.call.python)(client)
    try:
        answer = method(**with_model(case, arguments), **options(case))
        if case.call.answers == "file":
            return Outcome(b64encode(b"".join(answer)).decode())
        if case.call.answers == "lines":
            return Outcome([plain(item) for item in answer])
        if case.call.pager is None:
            return Outcome(plain(answer))
        items = [plain(item) for item in answer]
        return Outcome({**plain(answer.response), case.call.pager: items})
    except ApiError as error:
        return Outcome(error=type(error).__name__, status=error.status_code, body=plain(error.body))


def options(case: Case) -> Json:
    """Options of the call. By itself the client would send what is answered 409 three times."""
    return {"request_options": {"max_retries": 0}} if case.status == 409 else {}


def with_model(case: Case, arguments: Json) -> Json:
    """The arguments with the vendor's model for a message, and a sound; all else is plain data."""
    if case.call.upload in arguments:
        return {
            **arguments,
            case.call.upload: b"".join(pieces_of_sound(arguments[case.call.upload])),
        }
    if case.call.body is None:
        return arguments
    return {**arguments, case.call.body: model_of(arguments[case.call.body])}


def plain(value: Any) -> Any:
    """What the client returned, as plain data: the fields that were in the response."""
    if isinstance(value, UniversalBaseModel):
        return json.loads(value.json(exclude_unset=True))
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("client", OPENERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_operation(case: Case, client: str, open_stage: OpenStage, record_property: Record) -> None:
    """The call sends what the table says, and comes back as it says."""
    record_property(*ran(client, case))
    stage = open_stage(case)
    with OPENERS[client](stage.url, stage.key) as hume_client:
        before = stage.seq
        outcome = call(hume_client, case, resolve(case.arguments, stage.names))
    problems = judge(case, "python", stage.names, outcome, stage.requests_since(before))
    if settle(case, "python", problems):
        stage.take(case.then)


@pytest.mark.parametrize("client", SPEECH)
@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda each: each.id)
def test_connection(
    connection: Connection, client: str, open_stage: OpenStage, record_property: Record
) -> None:
    """The client receives what the table says, and its loop ends without an error."""
    record_property(*ran(client, connection))
    stage = open_stage(connection)
    before = stage.seq
    query = resolve(dict(connection.connect or {}), stage.names)
    with as_stated(connection, "python", ValidationError):
        told = SPEECH[client](stage.url, stage.key, query, connection.actions)
        check_connection(connection, told, stage.frames_since(before))


@pytest.mark.parametrize("by_callbacks", [False, True], ids=["iterating", "callbacks"])
@pytest.mark.parametrize("client", CHATS)
@pytest.mark.parametrize("conversation", params())
def test_conversation(
    conversation: Conversation,
    client: str,
    by_callbacks: bool,
    server: Server,
    remote: httpx.Client,
    api_key: str,
    record_property: Record,
) -> None:
    """The client receives what the table says, and the chat's record says the same."""
    record_property(*ran(client, conversation))
    options = typed(prepare(remote, conversation))
    with (
        CHATS[client](server.url, api_key, by_callbacks, **options) as chat,
        as_stated(conversation, "python", InvalidStatus),
    ):
        player = Player(chat, remote)
        player.play(conversation)
        check_conversation(remote, conversation, player.messages, player.closed)
