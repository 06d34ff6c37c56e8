"""A generated suite's way of testing, with the vendor's client and ids that are none.

Each operation is called once, with a test's id in a header, and the request is counted by that id
under /__admin, which has no key.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hume.empathic_voice import PostedConfigPrompt, SessionSettings, VoiceName
from hume.empathic_voice.client import EmpathicVoiceClient

from emulator.extras.mounts import MOUNTS
from emulator.openapi.operation import compile_operations
from emulator.server import Server
from emulator.settings import Settings
from tests.extras.wiremock.suite import times
from tests.served import DOCUMENT

# The vendor's control plane imports names that websockets means to remove.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

ID = "some-id"  # of nothing
OPERATIONS = {operation.id: operation for operation in compile_operations(DOCUMENT)}
PARAMETERS = '{"type": "object", "properties": {}}'
PAGE = {"page_number": 1, "page_size": 3}
ASCENDING = {**PAGE, "ascending_order": True}
CONFIG: dict[str, Any] = {
    "evi_version": "3",
    "prompt": PostedConfigPrompt(id="", version=0),
    "voice": VoiceName(provider="HUME_AI", name="Nobody"),
}


def versioned(kind: str, plural: str, body: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """The nine calls of one kind."""

    def part(evi: EmpathicVoiceClient) -> Any:
        return getattr(evi, plural)

    def call(method: str, **given: Any) -> Callable[[EmpathicVoiceClient], Any]:
        return lambda evi: getattr(part(evi), method)(**given)

    return {
        f"list-{plural}": call(f"list_{plural}", **PAGE),
        f"create-{kind}": call(f"create_{kind}", name=f"A {kind}", **body),
        f"list-{kind}-versions": call(f"list_{kind}_versions", id=ID),
        f"create-{kind}-version": call(f"create_{kind}_version", id=ID, **body),
        f"delete-{kind}": call(f"delete_{kind}", id=ID),
        f"update-{kind}-name": call(f"update_{kind}_name", id=ID, name=f"Another {kind}"),
        f"get-{kind}-version": call(f"get_{kind}_version", id=ID, version=1),
        f"delete-{kind}-version": call(f"delete_{kind}_version", id=ID, version=1),
        f"update-{kind}-description": call(
            f"update_{kind}_description", id=ID, version=1, version_description="d"
        ),
    }


CALLS: dict[str, Callable[[EmpathicVoiceClient], Any]] = {
    **versioned("config", "configs", CONFIG),
    **versioned("prompt", "prompts", {"text": "t"}),
    **versioned("tool", "tools", {"parameters": PARAMETERS}),
    "list-chats": lambda evi: evi.chats.list_chats(**ASCENDING),
    "list-chat-events": lambda evi: evi.chats.list_chat_events(id=ID, **ASCENDING),
    "get-audio": lambda evi: evi.chats.get_audio(id=ID),
    "list-chat-groups": lambda evi: evi.chat_groups.list_chat_groups(**ASCENDING, config_id=ID),
    "get-chat-group": lambda evi: evi.chat_groups.get_chat_group(id=ID, **ASCENDING),
    "get-chat-group-audio": lambda evi: evi.chat_groups.get_audio(id=ID, **ASCENDING),
    "list-chat-group-events": lambda evi: evi.chat_groups.list_chat_group_events(
        id=ID, **ASCENDING
    ),
    "send": lambda evi: evi.control_plane.send(
        chat_id=ID, request=SessionSettings(type="session_settings")
    ),
}


@pytest.fixture(scope="module", params=["demo", "empty"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    settings = Settings(seed=request.param, port=0, unknown_ids="example")
    with Server(settings, MOUNTS) as server:
        yield server


def test_every_operation_has_a_call() -> None:
    """The table leaves none out."""
    assert CALLS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("operation_id", CALLS)
def test_a_call_arrives_once(server: Server, operation_id: str, turn: int) -> None:
    """Each is answered as the client expects and counted once, in a second run of the suite too."""
    operation = OPERATIONS[operation_id]
    path = operation.path_template.format(id=ID, chat_id=ID, version=1)
    pattern: dict[str, Any] = {"method": operation.method, "urlPath": path}
    if any(parameter.name == "ascending_order" for parameter in operation.parameters):
        pattern["queryParameters"] = {
            "page_size": {"equalTo": "3"},
            "ascending_order": {"equalTo": "true"},
        }
    test_id = f"{operation_id}.{turn}"
    call = CALLS[operation_id]
    assert times(server, test_id, pattern, lambda hume: call(hume.empathic_voice)) == 1
