"""The vendor's Python package, sync and async, drives every operation over a real socket."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias
from uuid import UUID

import httpx
import pytest
from hume import HumeClient
from hume.core.api_error import ApiError
from hume.empathic_voice import (
    AssistantInput,
    BadRequestError,
    PauseAssistantMessage,
    PostedBuiltinTool,
    PostedConfigEventMessages,
    PostedConfigEventMessagesOnNewChat,
    PostedConfigLanguageModel,
    PostedConfigNudges,
    PostedConfigPrompt,
    PostedConfigTimeouts,
    PostedConfigTimeoutsInactivity,
    PostedEllmModel,
    PostedInterruptionSpec,
    PostedTurnDetectionSpec,
    PostedUserDefinedToolSpec,
    PostedWebhookSpec,
    PromptExpansionSpec,
    UnprocessableEntityError,
    UserInput,
    VoiceId,
    VoiceName,
)
from hume.empathic_voice.client import EmpathicVoiceClient
from hume.tts.errors import BadRequestError as VoiceBadRequestError
from hume.tts.errors import UnprocessableEntityError as VoiceUnprocessableEntityError
from hume.tts.voices.client import VoicesClient

from emulator.openapi.operation import Operation
from emulator.server import Server
from emulator.settings import Settings
from tests.contract.calls import (
    CONFIG,
    KINDS,
    PROMPT,
    TOOL,
    Collection,
    Kind,
    async_client,
    sync_client,
)

# The vendor's control plane imports names that websockets means to remove.
pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)

Connect: TypeAlias = Callable[..., HumeClient]
Check: TypeAlias = Callable[[EmpathicVoiceClient], None]

NOBODY = "00000000-0000-4000-8000-000000000000"  # an id of nothing

# What the demo seed holds.
USER_ID = "e6235940-cfda-3988-9147-ff531627cf42"
SUPPORT_CONFIG_ID = "1b60e1a0-cc59-424a-8d2c-189d354db3f3"
RECORDED_CHAT_ID = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
RECORDED_GROUP_ID = "9fc18597-3567-42d5-94d6-935bde84bf2f"
PLAIN_CHAT_ID = "435c4fba-8ac7-4e11-bf5a-c0cf6fb3053a"  # no config, and no audio yet
STATUSES = (
    "ACTIVE",
    "USER_ENDED",
    "USER_TIMEOUT",
    "MAX_DURATION_TIMEOUT",
    "INACTIVITY_TIMEOUT",
    "ERROR",
)
AVA_SONG_ID = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"  # the library's first voice
DAVID_HUME_ID = "c42352c0-4566-455d-b180-0f654b65b525"  # the account's own


@pytest.fixture
def exchanges() -> list[httpx.Response]:
    """Every response that a vendor client of this test received, in order."""
    return []


@pytest.fixture(params=[sync_client, async_client], ids=["HumeClient", "AsyncHumeClient"])
def connect(
    request: pytest.FixtureRequest, server: Server, exchanges: list[httpx.Response]
) -> Iterator[Connect]:
    """Opens a client of either sort for a key; all are closed in the end."""
    with ExitStack() as stack:

        def connect(api_key: str | None, url: str = server.url) -> HumeClient:
            client: HumeClient = stack.enter_context(request.param(url, api_key, exchanges.append))
            return client

        yield connect


@pytest.fixture
def hume(connect: Connect, api_key: str) -> HumeClient:
    """The vendor's client with the test's own key."""
    return connect(api_key)


@pytest.fixture
def evi(hume: HumeClient) -> EmpathicVoiceClient:
    """The part of the vendor's client that has the 35 operations."""
    client: EmpathicVoiceClient = hume.empathic_voice
    return client


@pytest.fixture
def voices(hume: HumeClient) -> VoicesClient:
    """The part of the vendor's client that has the voices."""
    client: VoicesClient = hume.tts.voices
    return client


@pytest.fixture
def web(server: Server) -> Iterator[httpx.Client]:
    """Plain HTTP to the same server, with no credentials."""
    with httpx.Client(base_url=server.url, verify=False, trust_env=False) as client:
        yield client


def ids(items: Sequence[Any]) -> list[str]:
    return [item.id for item in items]


def numbers(items: Sequence[Any]) -> list[int]:
    return [item.version for item in items]


def pages(pager: Any) -> list[list[Any]]:
    """The items of every page, as the client's own pager walks through them."""
    return [page.items for page in pager.iter_pages()]


def chunks(items: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def assert_shows(item: Any, body: Mapping[str, Any]) -> None:
    """The item has all fields of the body, as they were posted."""
    assert {key: getattr(item, key) for key in body} == dict(body)


def refusal(call: Callable[[], object]) -> ApiError:
    """The error that a call raises."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value


def assert_not_found(call: Callable[[], object], id: str) -> None:
    """The call is refused with 404 and a message that names the id."""
    error = refusal(call)
    assert error.status_code == 404
    assert error.body["error"] == "Not Found"
    assert id in error.body["message"]


def assert_bad_request(call: Callable[[], object], *words: str) -> None:
    """The call raises the client's BadRequestError, with a message that has the words."""
    error = refusal(call)
    assert isinstance(error, BadRequestError)
    assert error.status_code == 400
    assert error.body.error == "Bad Request"
    message = error.body.message
    assert message is not None
    assert [word for word in words if word not in message] == []


# One check for each operation: what it answers, and what else shows that it was done.


def check_create(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    created = resources.create("Night shift", **kind.first)
    assert str(UUID(created.id)) == created.id
    assert (created.name, created.version) == ("Night shift", 0)
    assert created.created_on == created.modified_on
    assert_shows(created, kind.first)
    found = resources.pager(name="Night shift").items
    assert [(item.id, item.version) for item in found] == [(created.id, 0)]
    assert_shows(found[0], kind.first)


def check_list(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    seeded = ids(list(resources.pager()))
    assert len(seeded) == 4
    created = resources.create("Night shift", **kind.first)
    resources.add_version(created.id, **kind.second)

    newest = list(resources.pager())
    assert ids(newest) == [*seeded, created.id]
    assert newest[-1].version == 1
    assert_shows(newest[-1], kind.second)

    every = list(resources.pager(restrict_to_most_recent=False))
    assert sorted(set(ids(every))) == sorted(ids(newest))
    assert [(item.id, item.version) for item in every[-2:]] == [(created.id, 0), (created.id, 1)]

    named = resources.pager(name="Night shift", restrict_to_most_recent=False)
    assert (numbers(named.items), named.response.total_pages) == ([0, 1], 1)
    assert list(resources.pager(name="Night")) == []


def check_list_versions(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    resources.add_version(id, **kind.second)
    assert numbers(resources.versions(id)) == [1]
    assert numbers(resources.versions(id, restrict_to_most_recent=True)) == [1]
    first, second = resources.versions(id, restrict_to_most_recent=False)
    assert (first.id, first.version, second.id, second.version) == (id, 0, id, 1)
    assert_shows(first, kind.first)
    assert_shows(second, kind.second)


def check_create_version(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    before = resources.pager().items[0]  # a seeded one, so made long ago
    made = resources.add_version(before.id, **kind.second)
    assert (made.id, made.name, made.version) == (before.id, before.name, before.version + 1)
    assert made.created_on == before.created_on
    assert made.modified_on > before.modified_on
    assert_shows(made, kind.second)
    assert resources.version(before.id, before.version).modified_on == before.modified_on


def check_update_name(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    resources.add_version(id, **kind.second)
    assert isinstance(resources.rename(id, "Day shift"), str)
    assert [resources.version(id, number).name for number in (0, 1)] == ["Day shift"] * 2
    assert ids(resources.pager(name="Day shift").items) == [id]
    assert resources.pager(name="Night shift").items == []


def check_delete(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    before = ids(list(resources.pager()))
    id = resources.create("Night shift", **kind.first).id
    resources.add_version(id, **kind.second)
    assert resources.delete(id) is None
    assert ids(list(resources.pager())) == before
    assert_not_found(lambda: resources.versions(id), id)
    assert_not_found(lambda: resources.version(id, 0), id)
    assert_not_found(lambda: resources.delete(id), id)
    assert resources.create("Night shift", **kind.first).id != id


def check_get_version(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    created = resources.create("Night shift", **kind.first)
    added = resources.add_version(created.id, **kind.second)
    assert resources.version(created.id, 0) == created
    assert resources.version(created.id, 1) == added
    assert_shows(resources.version(created.id, 0), kind.first)
    assert_not_found(lambda: resources.version(created.id, 2), created.id)


def check_update_description(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    created = resources.create("Night shift", **kind.first)
    added = resources.add_version(created.id, **kind.second)
    described = resources.describe(created.id, 0, version_description="Said better")
    assert_shows(described, {**kind.first, "version_description": "Said better"})
    assert (described.version, described.modified_on) == (0, created.modified_on)
    assert resources.version(created.id, 0) == described
    assert resources.version(created.id, 1) == added
    assert resources.describe(created.id, 0) == described  # a body without it changes nothing


def check_delete_version(kind: Kind, evi: EmpathicVoiceClient) -> None:
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    resources.add_version(id, **kind.second)
    assert resources.delete_version(id, 1) is None
    assert numbers(resources.versions(id, restrict_to_most_recent=False)) == [0]
    assert_shows(resources.pager(name="Night shift").items[0], kind.first)
    assert_not_found(lambda: resources.version(id, 1), id)

    again = [resources.add_version(id, **kind.second).version for _ in range(2)]
    assert again == [2, 3]  # a number is never reused
    for number in (0, 2, 3):
        resources.delete_version(id, number)
    assert resources.pager(name="Night shift").items == []
    assert_not_found(lambda: resources.versions(id), id)


def check_list_chats(evi: EmpathicVoiceClient) -> None:
    pager = evi.chats.list_chats()
    page, chats = pager.response, list(pager)
    assert (page.page_number, page.page_size, page.total_pages) == (0, 10, 2)
    assert page.pagination_direction == "ASC"
    assert (len(pager.items), len(chats), len(set(ids(chats)))) == (10, 12, 12)
    starts = [chat.start_timestamp for chat in chats]
    assert starts == sorted(starts)
    first = chats[0]
    assert (first.id, first.chat_group_id) == (RECORDED_CHAT_ID, RECORDED_GROUP_ID)
    assert (first.status, first.event_count) == ("USER_ENDED", 3)
    assert (first.start_timestamp, first.end_timestamp) == (1716244940648, 1716244958546)
    assert (first.config.id, first.config.version) == (SUPPORT_CONFIG_ID, 2)


def check_list_chat_events(evi: EmpathicVoiceClient) -> None:
    pager = evi.chats.list_chat_events(RECORDED_CHAT_ID)
    chat, events = pager.response, list(pager)
    assert (chat.id, chat.chat_group_id) == (RECORDED_CHAT_ID, RECORDED_GROUP_ID)
    assert (chat.status, chat.pagination_direction) == ("USER_ENDED", "ASC")
    assert (chat.start_timestamp, chat.end_timestamp) == (1716244940648, 1716244958546)
    assert (chat.config.id, chat.config.version) == (SUPPORT_CONFIG_ID, 2)
    assert (chat.page_number, chat.page_size, chat.total_pages) == (0, 10, 1)
    assert {event.chat_id for event in events} == {RECORDED_CHAT_ID}
    assert [(event.type, event.role) for event in events] == [
        ("SYSTEM_PROMPT", "SYSTEM"),
        ("USER_MESSAGE", "USER"),
        ("AGENT_MESSAGE", "AGENT"),
    ]
    said = events[1]
    assert (said.message_text, said.timestamp) == ("Hello.", 1716244956278)
    scores = json.loads(said.emotion_features)
    assert (len(scores), scores["Joy"]) == (48, 0.29638671875)


def check_get_audio(evi: EmpathicVoiceClient) -> None:
    audio = evi.chats.get_audio(RECORDED_CHAT_ID)
    assert (audio.id, audio.user_id, audio.status) == (RECORDED_CHAT_ID, USER_ID, "COMPLETE")
    assert audio.filename == f"{USER_ID}/{RECORDED_CHAT_ID}/reconstructed_audio.mp4"
    assert audio.modified_at == 1729875432555
    assert RECORDED_CHAT_ID in audio.signed_audio_url
    assert audio.signed_url_expiration_timestamp_millis > audio.modified_at


def check_list_chat_groups(evi: EmpathicVoiceClient) -> None:
    pager = evi.chat_groups.list_chat_groups()
    page, groups = pager.response, list(pager)
    assert (page.page_number, page.page_size, page.total_pages) == (0, 10, 1)
    assert page.pagination_direction == "ASC"
    chats = list(evi.chats.list_chats())
    assert len(groups) == 6
    assert sorted(ids(groups)) == sorted({chat.chat_group_id for chat in chats})
    for group in groups:
        members = [chat for chat in chats if chat.chat_group_id == group.id]
        assert group.num_chats == len(members)
        assert group.first_start_timestamp == members[0].start_timestamp
        assert group.most_recent_start_timestamp == members[-1].start_timestamp
        assert group.most_recent_chat_id == members[-1].id
        assert group.most_recent_config == members[-1].config
        assert group.active == ("ACTIVE" in {chat.status for chat in members})
    assert {group.active for group in groups} == {True, False}
    starts = [group.first_start_timestamp for group in groups]
    assert starts == sorted(starts)


def check_get_chat_group(evi: EmpathicVoiceClient) -> None:
    listed = largest_group(evi)
    group = evi.chat_groups.get_chat_group(listed.id)
    assert (group.id, group.num_chats, group.active) == (listed.id, 4, True)
    assert group.first_start_timestamp == listed.first_start_timestamp
    assert group.most_recent_start_timestamp == listed.most_recent_start_timestamp
    assert (group.page_number, group.page_size, group.total_pages) == (0, 10, 1)
    assert group.pagination_direction == "ASC"
    chats = list(evi.chats.list_chats())
    assert group.chats_page == [chat for chat in chats if chat.chat_group_id == listed.id]


def check_list_chat_group_events(evi: EmpathicVoiceClient) -> None:
    listed = largest_group(evi)
    chats = evi.chat_groups.get_chat_group(listed.id).chats_page
    pager = evi.chat_groups.list_chat_group_events(listed.id, page_size=100)
    events = list(pager)
    assert pager.response.id == listed.id
    for chat in chats:
        own = [event for event in events if event.chat_id == chat.id]
        assert len(own) == chat.event_count
        assert own == list(evi.chats.list_chat_events(chat.id, page_size=100))
    assert len(events) == sum(chat.event_count for chat in chats)


def check_get_chat_group_audio(evi: EmpathicVoiceClient) -> None:
    page = evi.chat_groups.get_audio(RECORDED_GROUP_ID)
    assert (page.id, page.user_id, page.num_chats) == (RECORDED_GROUP_ID, USER_ID, 1)
    assert (page.page_number, page.page_size, page.total_pages) == (0, 10, 1)
    assert page.pagination_direction == "ASC"
    (audio,) = page.audio_reconstructions_page
    assert (audio.id, audio.status) == (RECORDED_CHAT_ID, "COMPLETE")
    assert RECORDED_CHAT_ID in audio.signed_audio_url


def check_send(evi: EmpathicVoiceClient) -> None:
    """No client is connected to any chat here, so all that there is to see is the refusal."""
    active = evi.chats.list_chats(status="ACTIVE").items[0].id
    for request in (UserInput(text="Hi"), AssistantInput(text="Hi"), PauseAssistantMessage()):
        for id in (RECORDED_CHAT_ID, active):
            assert_not_found(partial(evi.control_plane.send, id, request=request), id)


def largest_group(evi: EmpathicVoiceClient) -> Any:
    return max(evi.chat_groups.list_chat_groups(), key=lambda group: group.num_chats)


def checks_of(kind: Kind) -> dict[str, Check]:
    """The nine operations of one kind."""
    name = kind.name
    return {
        f"create-{name}": partial(check_create, kind),
        f"list-{name}s": partial(check_list, kind),
        f"list-{name}-versions": partial(check_list_versions, kind),
        f"create-{name}-version": partial(check_create_version, kind),
        f"update-{name}-name": partial(check_update_name, kind),
        f"delete-{name}": partial(check_delete, kind),
        f"get-{name}-version": partial(check_get_version, kind),
        f"update-{name}-description": partial(check_update_description, kind),
        f"delete-{name}-version": partial(check_delete_version, kind),
    }


CHECKS: dict[str, Check] = {
    **checks_of(CONFIG),
    **checks_of(PROMPT),
    **checks_of(TOOL),
    "list-chats": check_list_chats,
    "list-chat-events": check_list_chat_events,
    "get-audio": check_get_audio,
    "list-chat-groups": check_list_chat_groups,
    "get-chat-group": check_get_chat_group,
    "list-chat-group-events": check_list_chat_group_events,
    "get-chat-group-audio": check_get_chat_group_audio,
    "send": check_send,
}


@pytest.mark.parametrize("operation_id", CHECKS)
def test_operation(
    operation_id: str,
    evi: EmpathicVoiceClient,
    exchanges: list[httpx.Response],
    server: Server,
) -> None:
    """Each operation, called by the vendor's client, answers and does what it should."""
    CHECKS[operation_id](evi)
    (operation,) = (each for each in server.app.operations if each.id == operation_id)
    statuses = {each.status_code for each in exchanges if is_of(operation, each.request)}
    assert (404 if operation_id == "send" else operation.success_status) in statuses


def is_of(operation: Operation, request: httpx.Request) -> bool:
    """Whether the request is one to the operation."""
    pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path_template)
    return request.method == operation.method and bool(re.fullmatch(pattern, request.url.path))


def test_no_operation_is_forgotten(server: Server) -> None:
    """The checks cover exactly the 35 operations that the server has."""
    assert sorted(CHECKS) == sorted(operation.id for operation in server.app.operations)
    assert len(CHECKS) == 35


# Configs: defaults, and the prompts, tools and voices that they name.


def plain(model: Any) -> Any:
    """The fields of a model of the client that were in the response, as plain data."""
    return json.loads(model.json(exclude_unset=True))


def test_a_config_with_nothing_given_has_the_defaults(evi: EmpathicVoiceClient) -> None:
    """What a config's body leaves out is there with the documented default."""
    config = evi.configs.create_config(evi_version="3", name="Bare")
    assert (config.version, config.version_description) == (0, "")
    assert (config.tools, config.builtin_tools, config.webhooks) == ([], [], [])
    assert (config.prompt, config.language_model) == (None, None)
    assert plain(config.ellm_model) == {"allow_short_responses": False}
    silent = {"enabled": False, "text": ""}
    assert plain(config.event_messages) == {
        "on_new_chat": silent,
        "on_inactivity_timeout": silent,
        "on_max_duration_timeout": silent,
    }
    assert plain(config.timeouts) == {
        "inactivity": {"enabled": True, "duration_secs": 600},
        "max_duration": {"enabled": True, "duration_secs": 1800},
    }
    assert config.nudges.enabled is False
    assert plain(config.interruption) == {"min_interruption_ms": 800}
    assert plain(config.turn_detection) == {
        "end_of_turn_silence_ms": 800,
        "speech_detection_threshold": 0.5,
        "prefix_padding_ms": 300,
    }
    assert (config.voice.id, config.voice.provider) == (AVA_SONG_ID, "HUME_AI")


def test_a_config_shows_every_part_that_was_given(evi: EmpathicVoiceClient) -> None:
    """Given parts come back as posted, beside the defaults of those left out."""
    config = evi.configs.create_config(
        evi_version="4-mini",
        name="Full",
        version_description="Everything",
        language_model=PostedConfigLanguageModel(
            model_provider="ANTHROPIC", model_resource="claude-3-7-sonnet-latest", temperature=1.0
        ),
        ellm_model={"allow_short_responses": True},
        builtin_tools=[
            PostedBuiltinTool(name="web_search", fallback_content="No web."),
            PostedBuiltinTool(name="hang_up"),
        ],
        event_messages=PostedConfigEventMessages(
            on_new_chat=PostedConfigEventMessagesOnNewChat(enabled=True, text="Hello!")
        ),
        timeouts=PostedConfigTimeouts(
            inactivity=PostedConfigTimeoutsInactivity(enabled=True, duration_secs=60)
        ),
        nudges=PostedConfigNudges(enabled=True, interval_secs=45),
        interruption=PostedInterruptionSpec(min_interruption_ms=500),
        turn_detection=PostedTurnDetectionSpec(end_of_turn_silence_ms=1600),
        webhooks=[
            PostedWebhookSpec(
                url="https://example.com/hook", events=["chat_started", "chat_ended", "tool_call"]
            )
        ],
    )
    assert evi.configs.get_config_version(config.id, 0) == config
    assert (config.evi_version, config.version_description) == ("4-mini", "Everything")
    assert plain(config.language_model) == {
        "model_provider": "ANTHROPIC",
        "model_resource": "claude-3-7-sonnet-latest",
        "temperature": 1.0,
    }
    assert config.ellm_model.allow_short_responses is True
    assert [plain(tool) for tool in config.builtin_tools] == [
        {"tool_type": "BUILTIN", "name": "web_search", "fallback_content": "No web."},
        {"tool_type": "BUILTIN", "name": "hang_up", "fallback_content": None},
    ]
    assert plain(config.event_messages.on_new_chat) == {"enabled": True, "text": "Hello!"}
    assert config.event_messages.on_inactivity_timeout.enabled is False
    assert config.timeouts.inactivity.duration_secs == 60
    assert config.timeouts.max_duration.duration_secs == 1800
    assert plain(config.nudges) == {"enabled": True, "interval_secs": 45}
    assert config.interruption.min_interruption_ms == 500
    assert plain(config.turn_detection) == {
        "end_of_turn_silence_ms": 1600,
        "speech_detection_threshold": 0.5,
        "prefix_padding_ms": 300,
    }
    assert [plain(webhook) for webhook in config.webhooks] == [
        {"url": "https://example.com/hook", "events": ["chat_started", "chat_ended", "tool_call"]}
    ]


def test_a_new_version_does_not_build_on_the_one_before(evi: EmpathicVoiceClient) -> None:
    """A version has the defaults again, but for allow_short_responses, which it inherits."""
    first = evi.configs.create_config(
        evi_version="3",
        name="Changing",
        version_description="Loud",
        ellm_model={"allow_short_responses": True},
        interruption=PostedInterruptionSpec(min_interruption_ms=500),
        voice=VoiceName(name="Kora", provider="HUME_AI"),
        prompt=PostedConfigPrompt(text="Be loud."),
    )
    second = evi.configs.create_config_version(first.id, evi_version="3")
    assert (second.prompt, second.version_description) == (None, "")
    assert second.interruption.min_interruption_ms == 800
    assert second.voice.id == AVA_SONG_ID
    assert second.ellm_model.allow_short_responses is True
    third = evi.configs.create_config_version(
        first.id, evi_version="3", ellm_model=PostedEllmModel(allow_short_responses=False)
    )
    assert (third.version, third.ellm_model.allow_short_responses) == (2, False)
    assert evi.configs.get_config_version(first.id, 0) == first


@pytest.mark.parametrize("pinned", [True, False])
def test_a_config_shows_its_prompt_and_tools_in_full(
    evi: EmpathicVoiceClient, pinned: bool
) -> None:
    """A reference with a version stays FIXED; one without follows the LATEST."""
    prompts, tools = Collection(evi, PROMPT), Collection(evi, TOOL)
    prompt_id = prompts.create("Manners", **PROMPT.first).id
    tool_id = tools.create("clock", **TOOL.first).id
    number: dict[str, Any] = {"version": 0} if pinned else {}
    config_id = evi.configs.create_config(
        evi_version="3",
        name="Referring",
        prompt=PostedConfigPrompt(id=prompt_id, **number),
        tools=[PostedUserDefinedToolSpec(id=tool_id, **number)],
    ).id
    prompts.add_version(prompt_id, **PROMPT.second)
    tools.add_version(tool_id, **TOOL.second)

    config = evi.configs.get_config_version(config_id, 0)
    (tool,) = config.tools
    expected = (0, "FIXED") if pinned else (1, "LATEST")
    assert (config.prompt.version, config.prompt.version_type) == expected
    assert (tool.version, tool.version_type) == expected
    assert (config.prompt.id, config.prompt.name) == (prompt_id, "Manners")
    assert_shows(config.prompt, PROMPT.first if pinned else PROMPT.second)
    assert (tool.id, tool.name, tool.tool_type) == (tool_id, "clock", "FUNCTION")
    assert_shows(tool, TOOL.first if pinned else TOOL.second)
    assert evi.configs.list_configs(name="Referring").items[0].tools == [tool]


def test_a_config_no_longer_shows_what_was_deleted(evi: EmpathicVoiceClient) -> None:
    """Once its prompt and its tool are gone, a config is there without them."""
    tool = Collection(evi, TOOL).create("clock", **TOOL.first)
    config = evi.configs.create_config(
        evi_version="3",
        name="Referring",
        prompt=PostedConfigPrompt(text="Be brief."),
        tools=[PostedUserDefinedToolSpec(id=tool.id)],
    )
    evi.prompts.delete_prompt(config.prompt.id)
    evi.tools.delete_tool(tool.id)
    left = evi.configs.get_config_version(config.id, 0)
    assert (left.prompt, left.tools) == (None, [])


def test_a_prompt_given_as_text_becomes_a_prompt(evi: EmpathicVoiceClient) -> None:
    """A config with a prompt's text creates that prompt, which the list of prompts shows."""
    before = ids(list(evi.prompts.list_prompts()))
    config = evi.configs.create_config(
        evi_version="3", name="Wordy", prompt=PostedConfigPrompt(text="Be wordy.")
    )
    assert (config.prompt.text, config.prompt.version) == ("Be wordy.", 0)
    listed = list(evi.prompts.list_prompts())
    assert ids(listed) == [*before, config.prompt.id]
    assert (listed[-1].text, listed[-1].name) == ("Be wordy.", config.prompt.name)


def test_prompt_expansion_is_on_unless_a_prompt_or_config_says_otherwise(
    evi: EmpathicVoiceClient,
) -> None:
    """A config's own prompt_expansion counts in that config, and leaves the prompt alone."""
    off = PromptExpansionSpec(enabled=False)
    prompt = evi.prompts.create_prompt(name="Manners", text="Be brief.")
    assert prompt.prompt_expansion.enabled is True
    assert evi.prompts.create_prompt(
        name="Literal", text="Be brief.", prompt_expansion=off
    ).prompt_expansion == PromptExpansionSpec(enabled=False)
    config = evi.configs.create_config(
        evi_version="3",
        name="Literal",
        prompt=PostedConfigPrompt(id=prompt.id, prompt_expansion=off),
    )
    assert config.prompt.prompt_expansion.enabled is False
    assert evi.prompts.get_prompt_version(prompt.id, 0).prompt_expansion.enabled is True


VOICE_REFERENCES = {
    "library by name": (VoiceName(name="Ava Song", provider="HUME_AI"), AVA_SONG_ID),
    "library by id": (VoiceId(id=AVA_SONG_ID, provider="HUME_AI"), AVA_SONG_ID),
    "custom by name": (VoiceName(name="David Hume", provider="CUSTOM_VOICE"), DAVID_HUME_ID),
    "custom by id": (VoiceId(id=DAVID_HUME_ID, provider="CUSTOM_VOICE"), DAVID_HUME_ID),
    "custom, provider left out": (VoiceName(name="David Hume"), DAVID_HUME_ID),
}


@pytest.mark.parametrize("case", VOICE_REFERENCES)
def test_a_config_names_a_voice_by_name_or_by_id(evi: EmpathicVoiceClient, case: str) -> None:
    """Either way the config shows the voice with its id, name and provider."""
    reference, id = VOICE_REFERENCES[case]
    voice = evi.configs.create_config(evi_version="3", name="Speaking", voice=reference).voice
    expected = ("Ava Song", "HUME_AI") if id == AVA_SONG_ID else ("David Hume", "CUSTOM_VOICE")
    assert (voice.id, voice.name, voice.provider) == (id, *expected)


# Refusals, as the client raises them.


def calls_on(kind: Kind) -> dict[str, Callable[[EmpathicVoiceClient, str], object]]:
    """The operations of one kind that take an id."""

    def on(evi: EmpathicVoiceClient) -> Collection:
        return Collection(evi, kind)

    name, second = kind.name, kind.second
    return {
        f"list-{name}-versions": lambda evi, id: on(evi).versions(id),
        f"create-{name}-version": lambda evi, id: on(evi).add_version(id, **second),
        f"update-{name}-name": lambda evi, id: on(evi).rename(id, "New name"),
        f"delete-{name}": lambda evi, id: on(evi).delete(id),
        f"get-{name}-version": lambda evi, id: on(evi).version(id, 0),
        f"update-{name}-description": lambda evi, id: on(evi).describe(id, 0),
        f"delete-{name}-version": lambda evi, id: on(evi).delete_version(id, 0),
    }


CALLS_ON_AN_ID: dict[str, Callable[[EmpathicVoiceClient, str], object]] = {
    **calls_on(CONFIG),
    **calls_on(PROMPT),
    **calls_on(TOOL),
    "list-chat-events": lambda evi, id: evi.chats.list_chat_events(id),
    "get-audio": lambda evi, id: evi.chats.get_audio(id),
    "get-chat-group": lambda evi, id: evi.chat_groups.get_chat_group(id),
    "list-chat-group-events": lambda evi, id: evi.chat_groups.list_chat_group_events(id),
    "get-chat-group-audio": lambda evi, id: evi.chat_groups.get_audio(id),
    "send": lambda evi, id: evi.control_plane.send(id, request=UserInput(text="Hi")),
}


@pytest.mark.parametrize("operation_id", CALLS_ON_AN_ID)
def test_an_unknown_id_is_not_found(evi: EmpathicVoiceClient, operation_id: str) -> None:
    """Every operation on an id answers 404 for one that nothing has, and names it."""
    assert_not_found(lambda: CALLS_ON_AN_ID[operation_id](evi, NOBODY), NOBODY)


def test_every_operation_on_an_id_is_tried_with_an_unknown_one(server: Server) -> None:
    """The 404 cases cover exactly the operations that have an id in their path."""
    with_id = [each.id for each in server.app.operations if "{" in each.path_template]
    assert sorted(CALLS_ON_AN_ID) == sorted(with_id)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_unknown_version_is_not_found(evi: EmpathicVoiceClient, kind: Kind) -> None:
    """A version that a resource does not have is 404, and the others stay."""
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    assert_not_found(lambda: resources.version(id, 7), "version 7")
    assert_not_found(lambda: resources.describe(id, 7), "version 7")
    assert_not_found(lambda: resources.delete_version(id, 7), "version 7")
    assert numbers(resources.versions(id, restrict_to_most_recent=False)) == [0]


WRONG_CONFIGS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown prompt": ({"prompt": PostedConfigPrompt(id=NOBODY)}, (NOBODY, "prompt")),
    "prompt of nothing": ({"prompt": PostedConfigPrompt()}, ("'text'", "'id'")),
    "unknown tool": ({"tools": [PostedUserDefinedToolSpec(id=NOBODY)]}, (NOBODY, "tool")),
    "unknown voice name": (
        {"voice": VoiceName(name="Ava Sing", provider="HUME_AI")},
        ("Ava Sing", "Ava Song"),
    ),
    "unknown voice id": ({"voice": VoiceId(id=NOBODY, provider="CUSTOM_VOICE")}, (NOBODY,)),
    "voice of the other provider": (
        {"voice": VoiceId(id=DAVID_HUME_ID, provider="HUME_AI")},
        (DAVID_HUME_ID, "CUSTOM_VOICE"),
    ),
    "library voice without its provider": (
        {"voice": VoiceName(name="Ava Song")},
        ("Ava Song", "HUME_AI"),
    ),
    "webhook in clear text": (
        {"webhooks": [PostedWebhookSpec(url="http://example.com/", events=["chat_ended"])]},
        ("http://example.com/",),
    ),
    "retired evi_version": ({"evi_version": "2"}, ("'2'", "'3'", "'4-mini'")),
}


@pytest.mark.parametrize("case", WRONG_CONFIGS)
def test_a_config_that_is_wrong_is_a_bad_request(evi: EmpathicVoiceClient, case: str) -> None:
    """A well-formed config that names what is not there raises BadRequestError, and is not made."""
    body, words = WRONG_CONFIGS[case]
    complete = {"evi_version": "3", **body}
    assert_bad_request(lambda: evi.configs.create_config(name="Wrong", **complete), *words)
    assert evi.configs.list_configs(name="Wrong").items == []


def test_a_version_of_a_prompt_or_tool_that_is_not_there_is_a_bad_request(
    evi: EmpathicVoiceClient,
) -> None:
    """A config that pins a version which does not exist raises BadRequestError."""
    prompt_id = Collection(evi, PROMPT).create("Manners", **PROMPT.first).id
    tool_id = Collection(evi, TOOL).create("clock", **TOOL.first).id
    create = partial(evi.configs.create_config, evi_version="3", name="Wrong")
    prompt = PostedConfigPrompt(id=prompt_id, version=1)
    assert_bad_request(lambda: create(prompt=prompt), prompt_id, "version 1")
    tool = PostedUserDefinedToolSpec(id=tool_id, version=1)
    assert_bad_request(lambda: create(tools=[tool]), tool_id, "version 1")


@pytest.mark.parametrize("kind", [CONFIG, TOOL], ids=lambda kind: kind.name)
def test_a_name_is_taken_once(evi: EmpathicVoiceClient, kind: Kind) -> None:
    """No two configs and no two tools share a name, be it by creating or by renaming."""
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    other = resources.create("Day shift", **kind.first).id
    assert_bad_request(lambda: resources.create("Night shift", **kind.first), "Night shift", id)
    assert_bad_request(lambda: resources.rename(other, "Night shift"), "Night shift", id)
    resources.rename(id, "Night shift")  # its own name is free to it
    assert ids(resources.pager(name="Night shift").items) == [id]


def test_prompts_may_share_a_name(evi: EmpathicVoiceClient) -> None:
    """Two prompts of one name are both found by it."""
    prompts = Collection(evi, PROMPT)
    made = [prompts.create("Night shift", **PROMPT.first).id for _ in range(2)]
    assert ids(list(prompts.pager(name="Night shift"))) == made


@pytest.mark.parametrize("parameters", ["", "{", "[]", '"object"', '{"a": 1} {}'])
def test_tool_parameters_must_hold_a_json_object(evi: EmpathicVoiceClient, parameters: str) -> None:
    """Any other string raises BadRequestError."""
    assert_bad_request(
        lambda: evi.tools.create_tool(name="clock", parameters=parameters), "JSON object"
    )


MALFORMED: dict[str, tuple[Callable[[EmpathicVoiceClient], object], list[Any]]] = {
    "page size 0": (lambda evi: evi.configs.list_configs(page_size=0), ["query", "page_size"]),
    "page size 101": (lambda evi: evi.chats.list_chats(page_size=101), ["query", "page_size"]),
    "page -1": (lambda evi: evi.tools.list_tools(page_number=-1), ["query", "page_number"]),
    "no uuid": (lambda evi: evi.prompts.delete_prompt("abc"), ["path", "id"]),
    "number for a text": (
        lambda evi: evi.prompts.create_prompt(name="Manners", text=7),
        ["body", "text"],
    ),
    "interruption below 50 ms": (
        lambda evi: evi.configs.create_config(
            evi_version="3",
            name="Eager",
            interruption=PostedInterruptionSpec(min_interruption_ms=1),
        ),
        ["body", "interruption", "min_interruption_ms"],
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_request_is_refused_with_its_place(evi: EmpathicVoiceClient, case: str) -> None:
    """A value that the document does not allow raises ApiError with 422 and says where it is."""
    call, loc = MALFORMED[case]
    error = refusal(lambda: call(evi))
    assert error.status_code == 422
    assert [problem["loc"] for problem in error.body["detail"]] == [loc]


@pytest.mark.parametrize("api_key", [None, ""])
def test_a_client_without_a_key_is_unauthorized(connect: Connect, api_key: str | None) -> None:
    """No key raises ApiError with 401, in the gateway's words."""
    evi = connect(api_key).empathic_voice
    error = refusal(lambda: evi.configs.list_configs())
    assert error.status_code == 401
    assert set(error.body) == {"fault"}


def test_a_key_that_is_not_accepted_is_unauthorized(connect: Connect) -> None:
    """A server that was given its keys refuses all others with 401."""
    with Server(Settings(seed="empty", port=0, api_key=("known",))) as server:
        assert list(connect("known", server.url).empathic_voice.configs.list_configs()) == []
        stranger = connect("unknown", server.url).empathic_voice
        error = refusal(lambda: stranger.configs.list_configs())
    assert error.status_code == 401
    assert error.body["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidApiKey"


# Pagers.


@pytest.mark.parametrize("size", [1, 4, 5, 12, 100])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_pager_of_resources(evi: EmpathicVoiceClient, kind: Kind, size: int) -> None:
    """A pager walks through every resource once, oldest first, and stops at the end."""
    resources = Collection(evi, kind)
    seeded = ids(list(resources.pager()))
    made = [resources.create(f"Shift {number}", **kind.first).id for number in range(8)]
    pager = resources.pager(page_size=size)
    assert [ids(page) for page in pages(pager)] == chunks(seeded + made, size)
    assert ids(list(pager)) == seeded + made
    assert pager.response.total_pages == len(chunks(seeded + made, size))


@pytest.mark.parametrize("size", [2, 3, 100])
@pytest.mark.parametrize("kind", [CONFIG, TOOL], ids=lambda kind: kind.name)
def test_pager_of_versions(evi: EmpathicVoiceClient, kind: Kind, size: int) -> None:
    """A pager walks through all versions of one resource, and one of the newest has that alone."""
    resources = Collection(evi, kind)
    id = resources.create("Night shift", **kind.first).id
    for _ in range(5):
        resources.add_version(id, **kind.second)
    pager = resources.version_pager(id, page_size=size, restrict_to_most_recent=False)
    assert [numbers(page) for page in pages(pager)] == chunks(range(6), size)
    assert [numbers(page) for page in pages(resources.version_pager(id))] == [[5]]


@pytest.mark.parametrize("size", [2, 3, 100])
def test_pages_of_prompt_versions(evi: EmpathicVoiceClient, size: int) -> None:
    """The client has no pager for them; page by page they are all there."""
    prompts = Collection(evi, PROMPT)
    id = prompts.create("Manners", **PROMPT.first).id
    for _ in range(5):
        prompts.add_version(id, **PROMPT.second)
    expected = chunks(range(6), size)
    for number in range(len(expected) + 1):
        page = evi.prompts.list_prompt_versions(
            id, page_number=number, page_size=size, restrict_to_most_recent=False
        )
        assert (page.page_number, page.page_size) == (number, size)
        assert page.total_pages == len(expected)
        assert numbers(page.prompts_page) == [*expected, []][number]


@pytest.mark.parametrize("size", [1, 4, 7, 100])
def test_pager_of_chats(evi: EmpathicVoiceClient, size: int) -> None:
    """Chats come in order of their start, or with the newest first."""
    upwards = ids(list(evi.chats.list_chats()))
    assert len(set(upwards)) == 12
    ascending = evi.chats.list_chats(page_size=size, ascending_order=True)
    assert [ids(page) for page in pages(ascending)] == chunks(upwards, size)
    descending = evi.chats.list_chats(page_size=size, ascending_order=False)
    assert [ids(page) for page in pages(descending)] == chunks(upwards[::-1], size)
    assert descending.response.pagination_direction == "DESC"


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_pager_of_chat_groups(evi: EmpathicVoiceClient, size: int) -> None:
    """Groups come in order of their first start, or the other way round."""
    upwards = ids(list(evi.chat_groups.list_chat_groups()))
    assert len(set(upwards)) == 6
    ascending = evi.chat_groups.list_chat_groups(page_size=size)
    assert [ids(page) for page in pages(ascending)] == chunks(upwards, size)
    descending = evi.chat_groups.list_chat_groups(page_size=size, ascending_order=False)
    assert [ids(page) for page in pages(descending)] == chunks(upwards[::-1], size)
    assert descending.response.pagination_direction == "DESC"


@pytest.mark.parametrize("size", [25, 60, 100])
def test_pager_of_the_events_of_a_long_chat(evi: EmpathicVoiceClient, size: int) -> None:
    """All 250 events come once, in order of time, or with the last one first."""
    (chat,) = (chat for chat in evi.chats.list_chats() if chat.event_count == 250)
    ascending = evi.chats.list_chat_events(chat.id, page_size=size)
    upwards = list(ascending)
    assert len(set(ids(upwards))) == 250
    assert all(one.timestamp <= next.timestamp for one, next in pairwise(upwards))
    assert upwards[0].timestamp >= chat.start_timestamp
    assert upwards[-1].timestamp <= chat.end_timestamp
    assert [len(page) for page in pages(ascending)] == [len(c) for c in chunks(upwards, size)]
    assert ascending.response.total_pages == -(-250 // size)
    descending = evi.chats.list_chat_events(chat.id, page_size=size, ascending_order=False)
    assert pages(descending) == chunks(upwards[::-1], size)
    assert descending.response.pagination_direction == "DESC"


@pytest.mark.parametrize("size", [33, 100])
def test_pager_of_the_events_of_a_group(evi: EmpathicVoiceClient, size: int) -> None:
    """The events of all chats of a group come once each, in order of time, or backwards."""
    group = largest_group(evi)
    chats = evi.chat_groups.get_chat_group(group.id).chats_page
    upwards = list(evi.chat_groups.list_chat_group_events(group.id, page_size=size))
    assert len(set(ids(upwards))) == len(upwards) == sum(chat.event_count for chat in chats)
    assert all(one.timestamp <= next.timestamp for one, next in pairwise(upwards))
    descending = evi.chat_groups.list_chat_group_events(
        group.id, page_size=size, ascending_order=False
    )
    assert pages(descending) == chunks(upwards[::-1], size)


def test_pages_of_the_chats_and_audio_of_a_group(evi: EmpathicVoiceClient) -> None:
    """Neither has a pager in the client; page by page, either way round, all chats are there."""
    group = largest_group(evi)
    upwards = ids(evi.chat_groups.get_chat_group(group.id).chats_page)
    assert len(upwards) == 4
    for order, direction in ((True, "ASC"), (False, "DESC")):
        expected = [*chunks(upwards if order else upwards[::-1], 3), []]
        for number, chunk in enumerate(expected):
            query = {"page_number": number, "page_size": 3, "ascending_order": order}
            chats = evi.chat_groups.get_chat_group(group.id, **query)
            assert ids(chats.chats_page) == chunk
            audio = evi.chat_groups.get_audio(group.id, **query)
            assert ids(audio.audio_reconstructions_page) == chunk
            for page in (chats, audio):
                assert (page.page_number, page.page_size, page.total_pages) == (number, 3, 2)
                assert (page.pagination_direction, page.num_chats) == (direction, 4)


PAST_THE_END: dict[str, Callable[[EmpathicVoiceClient], Any]] = {
    "list-configs": lambda evi: evi.configs.list_configs(page_number=99),
    "list-prompts": lambda evi: evi.prompts.list_prompts(page_number=99),
    "list-tools": lambda evi: evi.tools.list_tools(page_number=99),
    "list-config-versions": lambda evi: evi.configs.list_config_versions(
        SUPPORT_CONFIG_ID, page_number=99
    ),
    "list-chats": lambda evi: evi.chats.list_chats(page_number=99),
    "list-chats, descending": lambda evi: evi.chats.list_chats(
        page_number=99, ascending_order=False
    ),
    "list-chat-events": lambda evi: evi.chats.list_chat_events(RECORDED_CHAT_ID, page_number=99),
    "list-chat-groups": lambda evi: evi.chat_groups.list_chat_groups(page_number=99),
    "list-chat-group-events": lambda evi: evi.chat_groups.list_chat_group_events(
        RECORDED_GROUP_ID, page_number=99
    ),
}


@pytest.mark.parametrize("case", PAST_THE_END)
def test_a_page_past_the_end_is_empty(evi: EmpathicVoiceClient, case: str) -> None:
    """It is no error, tells the true number of pages, and iterating it ends at once."""
    pager = PAST_THE_END[case](evi)
    assert (pager.items, list(pager)) == ([], [])
    assert pager.next_page().items == []
    assert pager.response.page_number == 99
    assert 1 <= pager.response.total_pages <= 2


def test_an_empty_list_has_no_pages(evi: EmpathicVoiceClient) -> None:
    """A filter that nothing passes gives an empty page of zero."""
    pager = evi.configs.list_configs(name="No such name")
    assert (pager.items, pager.response.total_pages) == ([], 0)
    pager = evi.chats.list_chats(config_id=NOBODY)
    assert (pager.items, pager.response.total_pages) == ([], 0)


# Filters.


@pytest.mark.parametrize("status", STATUSES)
def test_chats_by_status(evi: EmpathicVoiceClient, status: str) -> None:
    """`status` picks the chats that have it, in the usual order."""
    expected = [chat.id for chat in evi.chats.list_chats() if chat.status == status]
    assert expected
    assert ids(list(evi.chats.list_chats(status=status, page_size=2))) == expected


def test_chats_by_config(evi: EmpathicVoiceClient) -> None:
    """`config_id` picks the chats that ran on that config, in any version; `status` narrows it."""
    chats = [chat for chat in evi.chats.list_chats() if chat.config]
    for config in evi.configs.list_configs():
        of_config = [chat for chat in chats if chat.config.id == config.id]
        assert of_config
        assert list(evi.chats.list_chats(config_id=config.id)) == of_config
        ended = [chat for chat in of_config if chat.status == "USER_ENDED"]
        assert list(evi.chats.list_chats(config_id=config.id, status="USER_ENDED")) == ended


def test_chat_groups_by_config(evi: EmpathicVoiceClient) -> None:
    """`config_id` picks the groups whose most recent chat ran on that config."""
    groups = list(evi.chat_groups.list_chat_groups())
    found = 0
    for config in evi.configs.list_configs():
        expected = [
            group
            for group in groups
            if group.most_recent_config and group.most_recent_config.id == config.id
        ]
        assert list(evi.chat_groups.list_chat_groups(config_id=config.id)) == expected
        found += len(expected)
    assert found == 5  # the sixth ran without a config


def test_chats_of_a_group_by_status(evi: EmpathicVoiceClient) -> None:
    """`status` picks chats of the group; the group itself still counts them all."""
    group = largest_group(evi)
    chats = evi.chat_groups.get_chat_group(group.id).chats_page
    for status in STATUSES:
        answer = evi.chat_groups.get_chat_group(group.id, status=status)
        assert answer.chats_page == [chat for chat in chats if chat.status == status]
        assert answer.num_chats == 4
        assert answer.total_pages == (1 if answer.chats_page else 0)


def test_an_unknown_status_is_a_bad_request(evi: EmpathicVoiceClient) -> None:
    """A status that no chat can have raises BadRequestError, with the one that was meant."""
    assert_bad_request(lambda: evi.chats.list_chats(status="USER_END"), "USER_END", "USER_ENDED")
    group = partial(evi.chat_groups.get_chat_group, RECORDED_GROUP_ID, status="ENDED")
    assert_bad_request(group, "'ENDED'")


# Audio.


def finished_audio(evi: EmpathicVoiceClient, chat_id: str) -> Any:
    """The audio of an ended chat that had none, asked for until it is complete."""
    for status in ("QUEUED", "IN_PROGRESS"):
        audio = evi.chats.get_audio(chat_id)
        assert (audio.id, audio.status) == (chat_id, status)
        assert (audio.filename, audio.signed_audio_url) == (None, None)
        assert audio.signed_url_expiration_timestamp_millis is None
    audio = evi.chats.get_audio(chat_id)
    assert audio.status == "COMPLETE"
    return audio


def boxes(file: bytes) -> list[bytes]:
    """The types of the top-level boxes of an MP4 file."""
    types, offset = [], 0
    while offset < len(file):
        types.append(file[offset + 4 : offset + 8])
        offset += int.from_bytes(file[offset : offset + 4])
    assert offset == len(file)
    return types


def test_audio_is_queued_made_and_downloaded(
    evi: EmpathicVoiceClient, server: Server, web: httpx.Client
) -> None:
    """Asked for again and again, audio gets done; its URL gives the file to anyone."""
    audio = finished_audio(evi, PLAIN_CHAT_ID)
    assert audio.filename == f"{USER_ID}/{PLAIN_CHAT_ID}/reconstructed_audio.mp4"
    assert audio.signed_audio_url.startswith(server.url)
    lifetime_ms = audio.signed_url_expiration_timestamp_millis - audio.modified_at
    assert 0 <= lifetime_ms - 3_600_000 < 60_000
    response = web.get(audio.signed_audio_url)
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/mp4")
    assert len(response.content) == int(response.headers["content-length"])
    assert response.content[4:8] == b"ftyp"
    assert boxes(response.content) == [b"ftyp", b"moov", b"mdat"]
    assert evi.chats.get_audio(PLAIN_CHAT_ID).modified_at == audio.modified_at


def test_an_audio_url_with_another_signature_is_not_found(
    evi: EmpathicVoiceClient, web: httpx.Client
) -> None:
    """Whatever is changed in a signed URL, there is nothing under it."""
    url = httpx.URL(evi.chats.get_audio(RECORDED_CHAT_ID).signed_audio_url)
    assert web.get(url).status_code == 200
    signature, expires = url.params["signature"], int(url.params["expires"])
    last = "1" if signature.endswith("0") else "0"
    for tampered in (
        url.copy_set_param("signature", signature[:-1] + last),
        url.copy_set_param("signature", ""),
        url.copy_remove_param("signature"),
        url.copy_set_param("expires", expires + 1),
        url.copy_with(path=url.path.replace(RECORDED_CHAT_ID, PLAIN_CHAT_ID)),
    ):
        assert web.get(tampered).status_code == 404


def test_the_audio_of_an_active_chat_stays_in_the_queue(evi: EmpathicVoiceClient) -> None:
    """A chat that goes on has no audio yet, however often one asks."""
    chat = evi.chats.list_chats(status="ACTIVE").items[0]
    assert [evi.chats.get_audio(chat.id).status for _ in range(4)] == ["QUEUED"] * 4


def test_the_audio_of_a_group_moves_on_with_each_request(evi: EmpathicVoiceClient) -> None:
    """Asking for a group's audio asks for that of each of its chats."""
    (group_id,) = (
        chat.chat_group_id for chat in evi.chats.list_chats() if chat.id == PLAIN_CHAT_ID
    )
    seen = [evi.chat_groups.get_audio(group_id).audio_reconstructions_page for _ in range(3)]
    assert [(page[0].id, page[0].status) for page in seen] == [
        (PLAIN_CHAT_ID, "QUEUED"),
        (PLAIN_CHAT_ID, "IN_PROGRESS"),
        (PLAIN_CHAT_ID, "COMPLETE"),
    ]
    assert evi.chats.get_audio(PLAIN_CHAT_ID).status == "COMPLETE"


# Voices.


def test_the_voice_library_is_listed(voices: VoicesClient) -> None:
    """Every library voice comes once, through the pager, the default voice first."""
    pager = voices.list(provider="HUME_AI", page_size=5)
    library = list(pager)
    assert (library[0].id, library[0].name) == (AVA_SONG_ID, "Ava Song")
    assert {voice.provider for voice in library} == {"HUME_AI"}
    assert len(set(ids(library))) == len(library) == 13
    assert pages(pager) == chunks(library, 5)
    downwards = voices.list(provider="HUME_AI", ascending_order=False, page_size=100)
    assert list(downwards) == library[::-1]


def test_a_custom_voice_is_made_named_by_a_config_and_deleted(
    voices: VoicesClient, evi: EmpathicVoiceClient
) -> None:
    """A saved voice is listed and usable by its name; deleted, only the config still has it."""
    made = voices.create(generation_id="795c949a-1510-4a80-9646-7d0863b023ab", name="Grandpa")
    assert (made.name, made.provider) == ("Grandpa", "CUSTOM_VOICE")
    assert ids(list(voices.list(provider="CUSTOM_VOICE"))) == [DAVID_HUME_ID, made.id]
    reference = VoiceName(name="Grandpa")
    config = evi.configs.create_config(evi_version="3", name="Speaking", voice=reference)
    assert config.voice.id == made.id

    voices.delete(name="Grandpa")
    assert ids(list(voices.list(provider="CUSTOM_VOICE"))) == [DAVID_HUME_ID]
    assert evi.configs.get_config_version(config.id, 0).voice.id == made.id
    create = partial(evi.configs.create_config, evi_version="3", name="Silent", voice=reference)
    assert_bad_request(create, "Grandpa")


def test_voices_are_refused_with_the_errors_of_their_own(voices: VoicesClient) -> None:
    """An unknown name is 400 and a taken one 422, in the types of the text-to-speech API."""
    unknown = refusal(lambda: voices.delete(name="Nobody"))
    assert isinstance(unknown, VoiceBadRequestError)
    assert "Nobody" in str(unknown.body.message)
    taken = refusal(lambda: voices.create(generation_id=NOBODY, name="David Hume"))
    assert isinstance(taken, VoiceUnprocessableEntityError)
    assert "David Hume" in str(taken.body)
    assert ids(list(voices.list(provider="CUSTOM_VOICE"))) == [DAVID_HUME_ID]


# Access tokens.


def token_from(web: httpx.Client, api_key: str, basic: bool) -> dict[str, Any]:
    """The answer of the token endpoint; the credentials go as HTTP Basic, or in the form."""
    form = {"grant_type": "client_credentials"}
    in_form = {**form, "client_id": api_key, "client_secret": "secret"}
    if basic:
        response = web.post("/oauth2-cc/token", data=form, auth=(api_key, "secret"))
    else:
        response = web.post("/oauth2-cc/token", data=in_form)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "form"])
def test_an_access_token_opens_the_world_of_its_key(
    evi: EmpathicVoiceClient, web: httpx.Client, api_key: str, basic: bool
) -> None:
    """A token, in the header or in the query, sees what the key has made."""
    config_id = evi.configs.create_config(evi_version="3", name="Private").id
    answer = token_from(web, api_key, basic)
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 1800)
    token = answer["access_token"]
    path = f"/v0/evi/configs/{config_id}/version/0"
    by_header = web.get(path, headers={"Authorization": f"Bearer {token}"})
    by_query = web.get(path, params={"access_token": token})
    for response in (by_header, by_query):
        assert (response.status_code, response.json()["name"]) == (200, "Private")


def test_a_client_with_a_token_for_a_header_needs_no_key(
    connect: Connect, hume: HumeClient, web: httpx.Client, api_key: str
) -> None:
    """The vendor's client works with a bearer token alone."""
    hume.empathic_voice.configs.create_config(evi_version="3", name="Private")
    token = token_from(web, api_key, basic=True)["access_token"]
    options = {"additional_headers": {"Authorization": f"Bearer {token}"}}
    evi = connect(None).empathic_voice
    found = evi.configs.list_configs(name="Private", request_options=options)
    assert [config.name for config in found] == ["Private"]


def test_a_token_that_was_never_issued_is_unauthorized(web: httpx.Client) -> None:
    """A made-up token is 401, in the header as in the query."""
    by_header = web.get("/v0/evi/configs", headers={"Authorization": "Bearer made-up"})
    by_query = web.get("/v0/evi/configs", params={"access_token": "made-up"})
    for response in (by_header, by_query):
        assert response.status_code == 401
        assert response.json()["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidAccessToken"


# Worlds.


def test_two_keys_never_see_each_others_data(connect: Connect, api_key: str) -> None:
    """What one key creates, deletes and asks for does not show to another."""
    mine, other = connect(api_key), connect(f"{api_key}-other")
    before = contents(other)
    made = {
        kind: Collection(mine.empathic_voice, kind).create("Private", **kind.first).id
        for kind in KINDS
    }
    mine.tts.voices.create(generation_id=NOBODY, name="Private")
    mine.empathic_voice.configs.delete_config(SUPPORT_CONFIG_ID)
    finished_audio(mine.empathic_voice, PLAIN_CHAT_ID)

    assert contents(other) == before
    for kind, id in made.items():
        resources = Collection(other.empathic_voice, kind)
        assert_not_found(partial(resources.version, id, 0), id)
        assert_not_found(partial(resources.delete, id), id)
        resources.create("Private", **kind.first)  # the name is free here
        assert Collection(mine.empathic_voice, kind).version(id, 0).id == id
    finished_audio(other.empathic_voice, PLAIN_CHAT_ID)


def contents(hume: HumeClient) -> list[list[Any]]:
    """All that a key can list."""
    evi = hume.empathic_voice
    return [
        *(list(Collection(evi, kind).pager()) for kind in KINDS),
        list(hume.tts.voices.list(provider="CUSTOM_VOICE")),
        list(evi.chats.list_chats()),
    ]


# The control plane.


def test_a_message_that_the_client_can_send_but_no_chat_can_take_is_unprocessable(
    evi: EmpathicVoiceClient,
) -> None:
    """A malformed message raises the client's UnprocessableEntityError."""
    message = UserInput.model_construct(type="user_input")
    error = refusal(lambda: evi.control_plane.send(RECORDED_CHAT_ID, request=message))
    assert isinstance(error, UnprocessableEntityError)
    assert error.body.detail


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "user_input"},
        {"type": "user_input", "text": 7},
        {"type": "tool_response", "content": "Sunny"},
        {"type": "no_such_type", "text": "Hi"},
        {"type": "audio_input", "data": "AAAA"},
        [],
        "Hi",
    ],
    ids=json.dumps,
)
def test_a_malformed_message_is_unprocessable(
    web: httpx.Client, api_key: str, message: object
) -> None:
    """What is none of the seven messages is 422, even before the chat is looked for."""
    response = web.post(
        f"/v0/evi/chat/{RECORDED_CHAT_ID}/send", json=message, headers={"X-Hume-Api-Key": api_key}
    )
    assert response.status_code == 422
    assert {problem["loc"][0] for problem in response.json()["detail"]} == {"body"}
