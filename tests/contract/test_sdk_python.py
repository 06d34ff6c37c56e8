"""What the vendor's Python package, sync and async, does beyond the cases of the table."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import httpx
import pytest
from hume import HumeClient
from hume.core.api_error import ApiError
from hume.empathic_voice import (
    BadRequestError,
    PostedBuiltinTool,
    PostedConfigEventMessages,
    PostedConfigEventMessagesOnNewChat,
    PostedConfigLanguageModel,
    PostedConfigNudges,
    PostedConfigTimeouts,
    PostedConfigTimeoutsInactivity,
    PostedInterruptionSpec,
    PostedTurnDetectionSpec,
    PostedWebhookSpec,
    VoiceId,
    VoiceName,
)
from hume.empathic_voice.client import EmpathicVoiceClient
from hume.tts.errors import BadRequestError as VoiceBadRequestError
from hume.tts.errors import UnprocessableEntityError as VoiceUnprocessableEntityError
from hume.tts.voices.client import VoicesClient

from emulator.server import Server
from tests.contract.calls import (
    KINDS,
    Collection,
    Kind,
    async_client,
    sync_client,
)

pytestmark = [
    pytest.mark.slow,
    # The vendor's control plane imports names that websockets means to remove.
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

Connect: TypeAlias = Callable[..., HumeClient]

NOBODY = "00000000-0000-4000-8000-000000000000"  # an id of nothing

# What the demo seed holds.
USER_ID = "e6235940-cfda-3988-9147-ff531627cf42"
SUPPORT_CONFIG_ID = "1b60e1a0-cc59-424a-8d2c-189d354db3f3"
RECORDED_CHAT_ID = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
PLAIN_CHAT_ID = "435c4fba-8ac7-4e11-bf5a-c0cf6fb3053a"  # no config, and no audio yet
STATUSES = (
    "ACTIVE",
    "USER_ENDED",
    "USER_TIMEOUT",
    "MAX_DURATION_TIMEOUT",
    "INACTIVITY_TIMEOUT",
    "ERROR",
)
AVA_SONG_ID = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"  # the default voice
DEMO_GENERATION = "795c949a-1510-4a80-9646-7d0863b023ab"  # of the seed
DAVID_HUME_ID = "c42352c0-4566-455d-b180-0f654b65b525"  # the account's own


@pytest.fixture(params=[sync_client, async_client], ids=["HumeClient", "AsyncHumeClient"])
def connect(request: pytest.FixtureRequest, server: Server) -> Iterator[Connect]:
    """Opens a client of either sort for a key; all are closed in the end."""
    with ExitStack() as stack:

        def connect(api_key: str | None, url: str = server.url) -> HumeClient:
            client: HumeClient = stack.enter_context(request.param(url, api_key))
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


def pages(pager: Any) -> list[list[Any]]:
    """The items of every page, as the client's own pager walks through them."""
    return [page.items for page in pager.iter_pages()]


def chunks(items: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


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


def largest_group(evi: EmpathicVoiceClient) -> Any:
    return max(evi.chat_groups.list_chat_groups(), key=lambda group: group.num_chats)


# Configs, in the client's own models.


def plain(model: Any) -> Any:
    """The fields of a model of the client that were in the response, as plain data."""
    return json.loads(model.json(exclude_unset=True))


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


@pytest.mark.parametrize("api_key", [None, ""])
def test_a_client_without_a_key_is_unauthorized(connect: Connect, api_key: str | None) -> None:
    """No key raises ApiError with 401, in the gateway's words."""
    evi = connect(api_key).empathic_voice
    error = refusal(lambda: evi.configs.list_configs())
    assert error.status_code == 401
    assert set(error.body) == {"fault"}


# Pagers.


@pytest.mark.parametrize("size", [4, 5])  # of 12: the last page is full, or not
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


@pytest.mark.parametrize("size", [4, 7])
def test_pager_of_chats(evi: EmpathicVoiceClient, size: int) -> None:
    """Chats come in order of their start, or with the newest first."""
    upwards = ids(list(evi.chats.list_chats()))
    assert len(set(upwards)) == 12
    ascending = evi.chats.list_chats(page_size=size, ascending_order=True)
    assert [ids(page) for page in pages(ascending)] == chunks(upwards, size)
    descending = evi.chats.list_chats(page_size=size, ascending_order=False)
    assert [ids(page) for page in pages(descending)] == chunks(upwards[::-1], size)
    assert descending.response.pagination_direction == "DESC"


@pytest.mark.parametrize("size", [2, 4])
def test_pager_of_chat_groups(evi: EmpathicVoiceClient, size: int) -> None:
    """Groups come in order of their first start, or the other way round."""
    upwards = ids(list(evi.chat_groups.list_chat_groups()))
    assert len(set(upwards)) == 6
    ascending = evi.chat_groups.list_chat_groups(page_size=size)
    assert [ids(page) for page in pages(ascending)] == chunks(upwards, size)
    descending = evi.chat_groups.list_chat_groups(page_size=size, ascending_order=False)
    assert [ids(page) for page in pages(descending)] == chunks(upwards[::-1], size)
    assert descending.response.pagination_direction == "DESC"


@pytest.mark.parametrize("size", [25, 60])
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


@pytest.mark.parametrize("size", [33])
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


# Voices.


def test_the_voice_library_is_listed(voices: VoicesClient) -> None:
    """Every library voice comes once, through the pager, in the known order."""
    pager = voices.list(provider="HUME_AI", page_size=30)
    library = list(pager)
    assert [voice.name for voice in library[:2]] == ["Colton Rivers", "Dungeon Master"]
    assert (library[36].id, library[36].name) == (AVA_SONG_ID, "Ava Song")
    assert {voice.provider for voice in library} == {"HUME_AI"}
    assert len(set(ids(library))) == len(library) == 116
    assert pages(pager) == chunks(library, 30)
    downwards = voices.list(provider="HUME_AI", ascending_order=False, page_size=100)
    assert list(downwards) == library[::-1]


def test_the_voice_library_is_filtered_by_tags(voices: VoicesClient) -> None:
    """One tag, or several that a voice must have all of."""
    old = list(voices.list(provider="HUME_AI", filter_tag="AGE:Old", page_size=100))
    women = voices.list(provider="HUME_AI", filter_tag=["AGE:Old", "gender:Female"])
    assert [voice.name for voice in women] == [
        "Geraldine Wallace",
        "Lady Elizabeth",
        "Mrs. Pembroke",
    ]
    assert set(ids(list(women))) < set(ids(old))
    assert isinstance(
        refusal(lambda: voices.list(provider="HUME_AI", filter_tag="Old")), VoiceBadRequestError
    )


def test_a_custom_voice_is_made_named_by_a_config_and_deleted(
    voices: VoicesClient, evi: EmpathicVoiceClient
) -> None:
    """A saved voice is listed and usable by its name; deleted, only the config still has it."""
    made = voices.create(generation_id=DEMO_GENERATION, name="Grandpa")
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
    """An unknown name and a taken one are 400, a field that is missing is 422."""
    unknown = refusal(lambda: voices.delete(name="Nobody"))
    assert isinstance(unknown, VoiceBadRequestError)
    assert "Nobody" in str(unknown.body.message)
    taken = refusal(lambda: voices.create(generation_id=NOBODY, name="David Hume"))
    assert "David Hume" in str(taken.body)
    assert taken.status_code == 400
    number: Any = 3
    invalid = refusal(lambda: voices.create(generation_id=number, name="New"))
    assert isinstance(invalid, VoiceUnprocessableEntityError)
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
    mine.tts.voices.create(generation_id=DEMO_GENERATION, name="Private")
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
