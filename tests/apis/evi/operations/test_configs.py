"""Configs: defaults, references, and what is well-formed, but wrong."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings

BASE = {"evi_version": "3", "name": "c"}
DEFAULT_MESSAGE = {"enabled": False, "text": ""}
AVA = {"name": "Ava Song", "provider": "HUME_AI"}
AVA_ID = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"
DAVID_ID = "c42352c0-4566-455d-b180-0f654b65b525"
NOBODY = "00000000-0000-4000-8000-000000000000"
PARAMETERS = '{"type":"object","properties":{}}'


def create(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/v0/evi/configs", json={**BASE, **more})
    assert answer.status_code == 201, answer.text
    config: dict[str, Any] = answer.json()
    return config


def refusal(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/v0/evi/configs", json={**BASE, **more})
    assert answer.status_code == 400, answer.text
    assert client.get("/v0/evi/configs?name=c").json()["total_pages"] == 0
    body: dict[str, Any] = answer.json()
    return body


def post(client: TestClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def test_omitted_parts_get_the_documented_defaults(client: TestClient) -> None:
    """A config of only its required fields has every default; what can't be null is left out."""
    config = create(client)
    created = config.pop("created_on")

    assert config.pop("modified_on") == created
    assert config.pop("id")
    assert config.pop("voice")["id"] == AVA_ID
    assert config == {
        "name": "c",
        "version": 0,
        "version_description": "",
        "evi_version": "3",
        "ellm_model": {"allow_short_responses": False},
        "tools": [],
        "builtin_tools": [],
        "webhooks": [],
        "event_messages": {
            "on_new_chat": DEFAULT_MESSAGE,
            "on_inactivity_timeout": DEFAULT_MESSAGE,
            "on_max_duration_timeout": DEFAULT_MESSAGE,
        },
        "timeouts": {
            "inactivity": {"enabled": True, "duration_secs": 600},
            "max_duration": {"enabled": True, "duration_secs": 1800},
        },
        "nudges": {"enabled": False, "interval_secs": None},
        "interruption": {"min_interruption_ms": 800},
        "turn_detection": {
            "end_of_turn_silence_ms": 800,
            "speech_detection_threshold": 0.5,
            "prefix_padding_ms": 300,
        },
    }


def test_parts_that_are_given_in_part_are_filled(client: TestClient) -> None:
    """Within a part, what is missing or null has its default and the rest is kept."""
    config = create(
        client,
        event_messages={"on_new_chat": {"enabled": True}},
        turn_detection={"prefix_padding_ms": 0, "end_of_turn_silence_ms": None},
        nudges={"enabled": True, "interval_secs": 7},
        timeouts={"inactivity": {"enabled": False}, "max_duration": {"enabled": True}},
        tools=None,
        builtin_tools=[{"name": "hang_up"}, {"name": "web_search", "fallback_content": "f"}],
        version_description=None,
    )

    assert config["event_messages"]["on_new_chat"] == {"enabled": True, "text": ""}
    assert config["event_messages"]["on_inactivity_timeout"] == DEFAULT_MESSAGE
    assert config["turn_detection"] == {
        "end_of_turn_silence_ms": 800,
        "speech_detection_threshold": 0.5,
        "prefix_padding_ms": 0,
    }
    assert config["nudges"] == {"enabled": True, "interval_secs": 7}
    assert config["timeouts"]["inactivity"] == {"enabled": False, "duration_secs": 600}
    assert config["tools"] == []
    assert config["builtin_tools"] == [
        {"tool_type": "BUILTIN", "name": "hang_up", "fallback_content": None},
        {"tool_type": "BUILTIN", "name": "web_search", "fallback_content": "f"},
    ]
    assert config["version_description"] is None


def test_a_version_inherits_only_allow_short_responses(client: TestClient) -> None:
    """A new version starts from the defaults again, but for the short responses."""
    config = create(
        client,
        ellm_model={"allow_short_responses": True},
        interruption={"min_interruption_ms": 60},
        voice={"id": DAVID_ID, "provider": "CUSTOM_VOICE"},
    )
    version = post(client, f"/v0/evi/configs/{config['id']}", evi_version="3")

    assert version["version"] == 1
    assert version["ellm_model"] == {"allow_short_responses": True}
    assert version["interruption"] == {"min_interruption_ms": 800}
    assert version["voice"]["id"] == AVA_ID


def test_a_prompt_text_becomes_a_prompt(client: TestClient) -> None:
    """A prompt given as text is created, shown in full, and listed with the prompts."""
    config = create(client, prompt={"text": "Be kind.", "prompt_expansion": {"enabled": False}})

    prompt = config["prompt"]
    assert (prompt["text"], prompt["version"], prompt["version_type"]) == ("Be kind.", 0, "FIXED")
    assert prompt["prompt_expansion"] == {"enabled": False}
    [listed] = client.get(f"/v0/evi/prompts/{prompt['id']}").json()["prompts_page"]
    assert listed["name"] == "c prompt"


def test_fixed_and_latest_references_follow_their_prompts_and_tools(client: TestClient) -> None:
    """A reference with a version stays; one without follows the newest; a rename shows in both."""
    prompt = post(client, "/v0/evi/prompts", name="p", text="old")
    tool = post(client, "/v0/evi/tools", name="t", parameters=PARAMETERS)
    config = create(client, prompt={"id": prompt["id"]}, tools=[{"id": tool["id"], "version": 0}])
    path = f"/v0/evi/configs/{config['id']}"

    post(client, f"/v0/evi/prompts/{prompt['id']}", text="new")
    post(client, f"/v0/evi/tools/{tool['id']}", parameters=PARAMETERS, description="second")
    client.patch(f"/v0/evi/tools/{tool['id']}", json={"name": "renamed"})
    config = client.get(f"{path}/version/0").json()

    assert (config["prompt"]["text"], config["prompt"]["version"]) == ("new", 1)
    assert config["prompt"]["version_type"] == "LATEST"
    [shown] = config["tools"]
    assert (shown["name"], shown["version"], shown["description"]) == ("renamed", 0, None)
    assert (shown["version_type"], shown["tool_type"]) == ("FIXED", "FUNCTION")

    client.delete(f"/v0/evi/tools/{tool['id']}")
    client.delete(f"/v0/evi/prompts/{prompt['id']}")
    config = client.get(f"{path}/version/0").json()
    assert config["tools"] == []
    assert "prompt" not in config


def test_prompt_expansion_shows_where_the_schema_has_it(client: TestClient) -> None:
    """A single config or prompt shows prompt_expansion; a page doesn't."""
    config = create(client, prompt={"text": "t"})
    prompt_id = config["prompt"]["id"]

    assert config["prompt"]["prompt_expansion"] == {"enabled": True}
    [listed] = client.get("/v0/evi/configs?name=c").json()["configs_page"]
    assert "prompt_expansion" not in listed["prompt"]
    assert "prompt_expansion" in client.get(f"/v0/evi/prompts/{prompt_id}/version/0").json()
    [listed] = client.get(f"/v0/evi/prompts/{prompt_id}").json()["prompts_page"]
    assert "prompt_expansion" not in listed


@pytest.mark.parametrize(
    ("voice", "id"),
    [
        (AVA, AVA_ID),
        ({"id": AVA_ID, "provider": "HUME_AI"}, AVA_ID),
        ({"id": DAVID_ID}, DAVID_ID),
        ({"name": "David Hume", "provider": "CUSTOM_VOICE"}, DAVID_ID),
        ({"name": "david HUME"}, DAVID_ID),
        ({"id": AVA_ID}, AVA_ID),
        ({"id": AVA_ID.upper()}, AVA_ID),
        ({"id": AVA_ID, "name": "ava song"}, AVA_ID),
        ({"id": AVA_ID, "name": "Ava Song", "provider": "HUME_AI"}, AVA_ID),
        ({"id": DAVID_ID, "name": "David Hume"}, DAVID_ID),
        ({"id": None, "name": "Ava Song", "provider": "HUME_AI"}, AVA_ID),
    ],
)
def test_a_voice_is_found_by_id_or_name(client: TestClient, voice: dict[str, str], id: str) -> None:
    """An id is found in both sets, a name in its provider's, a custom one's if none is named."""
    assert create(client, voice=voice)["voice"]["id"] == id


def test_library_names_match_in_any_case(client: TestClient) -> None:
    """Twenty names in other capitals are found; the answer has the library's spelling."""
    query = "/v0/tts/voices?provider=HUME_AI&page_size=100"
    for number, voice in enumerate(client.get(query).json()["voices_page"][::5]):
        for spelt in (voice["name"].upper(), voice["name"].swapcase()):
            shown = create(
                client, name=f"{number} {spelt}", voice={"name": spelt, "provider": "HUME_AI"}
            )["voice"]
            assert (shown["id"], shown["name"]) == (voice["id"], voice["name"])


def test_a_voice_can_be_posted_as_it_was_shown(client: TestClient) -> None:
    """What a config shows as its voice means the same voice, be it listed or not."""
    for name in ("Ava Song", "Nobody Knows Me"):
        shown = create(client, name=name, voice={"name": name, "provider": "HUME_AI"})["voice"]
        again = create(client, name=f"{name} again", voice=shown)
        assert again["voice"] == shown


def test_the_real_id_of_a_voice_whose_id_is_ours(client: TestClient) -> None:
    """Who has the real one may post it with the name; no text can be one, and no other voice's."""
    voice = {"id": NOBODY, "name": "leon", "provider": "HUME_AI"}
    shown = create(client, voice=voice)["voice"]
    assert (shown["id"], shown["name"]) == (NOBODY, "Leon")
    for id in ("leon", AVA_ID):
        body = {**BASE, "name": "other", "voice": {**voice, "id": id}}
        answer = client.post("/v0/evi/configs", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "voice_ambiguous")


def test_a_config_shows_no_tags(client: TestClient) -> None:
    """A config's voice has the fields of the document: tags are in lists of voices alone."""
    voice = create(client, voice={"name": "Colton Rivers", "provider": "HUME_AI"})["voice"]
    assert set(voice) == {"id", "name", "provider", "compatible_octave_models"}


UNLISTED = [
    pytest.param({"name": "Ava Sing"}, "name", "did you mean 'Ava Song'?", id="name"),
    pytest.param({"name": "AURA"}, "name", "'Aura' is a voice of EVI 1 and 2 alone", id="preset"),
    pytest.param({"id": NOBODY}, "id", "a seed can add it to the library", id="id"),
    pytest.param({"id": NOBODY, "name": "ava sing"}, "name", "'Ava Song'", id="both"),
]


@pytest.mark.parametrize(("voice", "key", "hint"), UNLISTED)
def test_a_library_voice_that_the_list_lacks(
    client: TestClient, voice: dict[str, str], key: str, hint: str
) -> None:
    """It is taken as posted, with an id that depends on the name alone, and a finding."""
    voice = {**voice, "provider": "HUME_AI"}
    shown = create(client, voice=voice)["voice"]
    assert voice.items() <= shown.items()
    assert create(client, name="other", voice=voice)["voice"] == shown

    [found] = client.get("/_emulator/contract").json()["findings"]
    assert (found["code"], found["level"], found["count"]) == ("voice_unlisted", "warning", 2)
    assert (found["place"], found["got"]) == (f"/body/voice/{key}", voice[key])
    assert hint in found["hint"]
    entries = client.get("/_emulator/journal").json()["entries"]
    assert [each["code"] for entry in entries for each in entry.get("findings", [])] == [
        "voice_unlisted",
        "voice_unlisted",
    ]


@pytest.mark.parametrize("settings", [{"unknown_voices": "refuse"}, {"strict": True}])
@pytest.mark.parametrize(("voice", "key", "hint"), UNLISTED)
def test_unlisted_library_voices_can_be_refused(
    settings: dict[str, Any], voice: dict[str, str], key: str, hint: str
) -> None:
    """With --unknown-voices refuse, or --strict, they are a 400; voices of the list are not."""
    client = TestClient(new_app(Settings(**settings)), headers={"X-Hume-Api-Key": "k"})
    body = refusal(client, voice={**voice, "provider": "HUME_AI"})
    assert body["code"] == "voice_unknown"
    assert voice[key] in body["message"]
    if key == "name":
        assert hint.strip("?") in body["message"]
    assert create(client, voice=AVA)["voice"]["id"] == AVA_ID


def test_an_unlisted_name_has_one_id_in_any_case(client: TestClient) -> None:
    """Names match in any case, so the id that the emulator makes doesn't depend on it."""
    shown = [
        create(client, name=name, voice={"name": name, "provider": "HUME_AI"})["voice"]["id"]
        for name in ("Aura", "AURA")
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("part", "code", "words"),
    [
        pytest.param({"evi_version": "2"}, "evi_version_unknown", "'3', '4-mini'", id="version"),
        pytest.param({"prompt": {"id": NOBODY}}, "prompt_unknown", NOBODY, id="prompt"),
        pytest.param({"prompt": {}}, "prompt_ambiguous", "neither", id="empty prompt"),
        pytest.param(
            {"prompt": {"id": NOBODY, "text": "t"}}, "prompt_ambiguous", "both", id="two prompts"
        ),
        pytest.param({"tools": [{"id": NOBODY}]}, "tool_unknown", NOBODY, id="tool"),
        pytest.param(
            {"tools": [{"id": "no uuid", "version": 3}]}, "tool_unknown", "version 3", id="tool 3"
        ),
        *(
            pytest.param({"voice": voice}, code, words, id=f"voice {voice}")
            for voice, code, words in (
                (
                    {"name": "KORA"},
                    "voice_unknown",
                    "the library has 'Kora': add provider: HUME_AI",
                ),
                (
                    {"name": "Kora", "provider": "CUSTOM_VOICE"},
                    "voice_unknown",
                    "the library has 'Kora': use provider: HUME_AI",
                ),
                (
                    {"name": "David Hume", "provider": "HUME_AI"},
                    "voice_unknown",
                    "this account has 'David Hume': use provider: CUSTOM_VOICE",
                ),
                (
                    {"id": DAVID_ID, "provider": "HUME_AI"},
                    "voice_unknown",
                    "this account has 'David Hume'",
                ),
                ({"name": "David Huma"}, "voice_unknown", "did you mean 'David Hume'"),
                ({"name": "Nova"}, "voice_unknown", "a library voice has provider: HUME_AI"),
                ({"name": "", "provider": "HUME_AI"}, "voice_unknown", "No voice has the name ''"),
                ({"id": NOBODY}, "voice_unknown", NOBODY),
                ({"id": "Kora", "provider": "HUME_AI"}, "voice_unknown", "an id is a UUID"),
                ({"id": AVA_ID, "name": "Kora"}, "voice_ambiguous", "'Ava Song'"),
                ({"id": AVA_ID, "name": "Nova"}, "voice_ambiguous", "'Nova'"),
                (
                    {"id": NOBODY, "name": "Kora", "provider": "HUME_AI"},
                    "voice_ambiguous",
                    "the id of no voice, and 'Kora'",
                ),
            )
        ),
        *(
            pytest.param(
                {"webhooks": [{"url": url, "events": []}]}, "webhook_url_invalid", url, id=url
            )
            for url in (
                "http://example.com/hook",
                "ftp://localhost/",
                "https://",
                "hook",
                "http://localhost.example.com/",
                "https://a:port/",
                "https://example.com/a b",
            )
        ),
        pytest.param(
            {"webhooks": [{"url": "https://example.com/\r\n[warning] forged", "events": []}]},
            "webhook_url_invalid",
            "must have no spaces, control characters or backslashes",
            id="a line break in a URL",
        ),
    ],
)
def test_well_formed_but_wrong(
    client: TestClient, part: dict[str, Any], code: str, words: str
) -> None:
    """What a schema can't forbid is a 400 that says what is wrong; nothing is stored."""
    prompts = client.get("/v0/evi/prompts?page_size=100").json()

    body = refusal(client, **{"prompt": {"text": "unused"}, **part})

    assert (body["error"], body["code"]) == ("Bad Request", code)
    assert words in body["message"]
    assert client.get("/v0/evi/prompts?page_size=100").json() == prompts


@pytest.mark.parametrize(
    "url",
    ["https://example.com/h?x=1", "http://127.0.0.1:9/", "http://localhost/", "http://[::1]:8/"],
)
def test_webhooks_may_be_https_or_local(client: TestClient, url: str) -> None:
    """https goes anywhere, http to this machine only."""
    webhook = {"url": url, "events": ["chat_ended"]}
    assert create(client, webhooks=[webhook])["webhooks"] == [webhook]


@pytest.mark.parametrize("name_conflict", ["409", "400"])
@pytest.mark.parametrize("kind", ["configs", "tools"])
def test_names_are_taken_once(kind: str, name_conflict: str) -> None:
    """A name in use is refused for a new resource and for a rename, and free after a delete."""
    app = new_app(Settings(seed="empty", name_conflict=name_conflict))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    path = f"/v0/evi/{kind}"
    body = {"evi_version": "3"} if kind == "configs" else {"parameters": PARAMETERS}
    first = post(client, path, name="one", **body)
    second = post(client, path, name="two", **body)

    for answer in (
        client.post(path, json={"name": "one", **body}),
        client.patch(f"{path}/{second['id']}", json={"name": "one"}),
    ):
        assert answer.status_code == int(name_conflict)
        assert answer.json()["code"] == "name_taken"
        assert "'one'" in answer.json()["message"]
        assert first["id"] in answer.json()["message"]
    assert client.patch(f"{path}/{first['id']}", json={"name": "one"}).status_code == 200
    assert client.delete(f"{path}/{first['id']}").status_code == 200
    assert client.post(path, json={"name": "one", **body}).status_code == 201


@pytest.mark.parametrize("parameters", ["", "text", "[]", "3", '{"a":1,"a":2}', "{'a': 1}"])
def test_tool_parameters_must_hold_a_json_object(client: TestClient, parameters: str) -> None:
    """Parameters that are no JSON object are refused, for a tool and for a version of it."""
    tool = post(client, "/v0/evi/tools", name="good", parameters=PARAMETERS)
    for path in ("/v0/evi/tools", f"/v0/evi/tools/{tool['id']}"):
        answer = client.post(path, json={"name": "bad", "parameters": parameters})
        assert answer.status_code == 400
        assert answer.json()["code"] == "parameters_invalid"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("configs", "Config (ID: {id})"), ("prompts", "Prompt (ID: {id})"), ("tools", "tool id {id}")],
)
def test_what_is_not_there_is_named(client: TestClient, kind: str, words: str) -> None:
    """Every operation on an unknown id is a 404 whose message names it."""
    path = f"/v0/evi/{kind}/{NOBODY}"
    bodies: dict[str, Any] = {
        "configs": {"evi_version": "3"},
        "prompts": {"text": "t"},
        "tools": {"parameters": PARAMETERS},
    }
    for answer in (
        client.get(path),
        client.post(path, json=bodies[kind]),
        client.patch(path, json={"name": "n"}),
        client.delete(path),
        client.get(f"{path}/version/0"),
        client.patch(f"{path}/version/0", json={}),
        client.delete(f"{path}/version/0"),
    ):
        assert answer.status_code == 404
        assert words.format(id=NOBODY) in answer.json()["message"]


def test_an_unknown_version_names_those_there_are(client: TestClient) -> None:
    """A version that isn't there is a 404 with the versions that are."""
    config = create(client)
    post(client, f"/v0/evi/configs/{config['id']}", evi_version="3")

    answer = client.get(f"/v0/evi/configs/{config['id']}/version/7")

    assert answer.status_code == 404
    assert answer.json()["message"] == (
        f"Config (ID: {config['id']}) has no version 7; it has 0, 1."
    )


def test_a_voice_can_be_required() -> None:
    """With `require_voice`, an EVI 3 config without a voice is refused as one report words it."""
    app = new_app(Settings(seed="empty", require_voice=True, inactivity_timeout=120))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})

    assert refusal(client)["message"] == (
        "Attempting to create an EVI3 config without specifying a voice. Voice spec is required."
    )
    config = create(client, voice=AVA)
    assert config["timeouts"]["inactivity"]["duration_secs"] == 120
    assert create(client, name="mini", evi_version="4-mini")["voice"]["id"] == AVA_ID


CUSTOM = "CUSTOM_LANGUAGE_MODEL"
MODEL_URLS = (
    "https://example.com/v1/chat/completions",
    "wss://example.com/llm?token=t",
    "http://127.0.0.1:9/chat/completions",
    "ws://localhost/llm",
    "custom-language-model",
)


@pytest.mark.parametrize("url", MODEL_URLS)
def test_a_custom_language_model_is_named_by_its_url(client: TestClient, url: str) -> None:
    """https and wss lead anywhere, http and ws to this machine; all is shown as it was posted."""
    model = {"model_provider": CUSTOM, "model_resource": url, "temperature": None}
    assert create(client, language_model=model)["language_model"] == model


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("gpt-4o", "must begin with https://, http://, wss:// or ws://"),
        ("", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("ftp://example.com/", "must begin with https://"),
        ("http://example.com/", "must begin with https://, since http:// is for this machine"),
        ("ws://example.com/", "must begin with wss://, since ws:// is for this machine"),
        ("https://example.com/\r\nx", "must have no spaces, control characters or backslashes"),
        ("https://exa mple.com/", "must have no spaces, control characters or backslashes"),
    ],
)
def test_a_custom_language_model_needs_a_url(client: TestClient, url: str, words: str) -> None:
    """Another text is refused, with what it must be."""
    body = refusal(client, language_model={"model_provider": CUSTOM, "model_resource": url})
    assert body["code"] == "model_url_invalid"
    assert f"{url!r} {words}" in body["message"]


def test_a_url_belongs_to_a_custom_language_model(client: TestClient) -> None:
    """With another provider any text is kept, and a URL is not looked at."""
    model = {"model_provider": "OPEN_AI", "model_resource": "http://example.com/"}
    assert create(client, language_model=model)["language_model"] == model


def test_the_identifier_of_a_custom_language_model_is_kept(client: TestClient) -> None:
    """It comes back, alone and in a list, and brings no finding; it must be a text or null."""
    model = {
        "model_provider": CUSTOM,
        "model_resource": "https://example.com/chat/completions",
        "custom_language_model_model": "mine-7b",
    }
    assert create(client, language_model=model)["language_model"] == model
    [listed] = client.get("/v0/evi/configs?name=c").json()["configs_page"]
    assert listed["language_model"] == model
    assert client.get("/_emulator/contract").json()["findings"] == []

    body = {**BASE, "language_model": {"custom_language_model_model": 7}}
    assert client.post("/v0/evi/configs", json=body).status_code == 422


def test_hosts_that_may_be_called_in_the_clear() -> None:
    """`--call-hosts` names hosts for webhooks and models alike."""
    app = new_app(Settings(seed="empty", call_hosts=("host.docker.internal", "*.lan:8000")))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    model = {"model_provider": CUSTOM, "model_resource": "ws://llm.lan:8000/chat"}
    webhook = {"url": "http://host.docker.internal:9000/hook", "events": ["chat_ended"]}

    config = create(client, name="d", language_model=model, webhooks=[webhook])

    assert (config["language_model"], config["webhooks"]) == (model, [webhook])
    other = {**model, "model_resource": "ws://llm.lan:8001/chat"}
    assert refusal(client, language_model=other)["code"] == "model_url_invalid"


def test_only_the_hosts_that_are_named_may_be_called() -> None:
    """`--call-hosts-only` refuses all others, https and this machine too."""
    settings = Settings(seed="demo", call_hosts=("localhost:8000",), call_hosts_only=True)
    client = TestClient(new_app(settings), headers={"X-Hume-Api-Key": "k"})

    for url in ("https://example.com/", "http://localhost:8001/", "http://127.0.0.1:8000/"):
        body = refusal(client, webhooks=[{"url": url, "events": []}])
        assert "--call-hosts-only" in body["message"]
    create(client, webhooks=[{"url": "http://localhost:8000/hook", "events": []}])


def test_values_that_the_document_does_not_list_are_kept(client: TestClient) -> None:
    """A provider and a model that nobody knows come back, each with a finding."""
    model = {"model_provider": "OPENAI", "model_resource": "gpt-5-2"}
    config = create(client, language_model=model)

    assert config["language_model"] == model
    found = client.get("/_emulator/contract").json()["findings"]
    assert [(each["code"], each["level"], each["place"], each["hint"]) for each in found] == [
        (
            "value_unlisted", "warning", "/body/language_model/model_provider",
            "the nearest listed value is 'OPEN_AI'",
        ),
        (
            "value_unlisted", "warning", "/body/language_model/model_resource",
            "the nearest listed value is 'gpt-5.2'",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "model", ["claude-3-7-sonnet-latest", "claude-2.1", "hume-evi-3", "hume-evi-3-web-search"]
)
def test_values_that_an_sdk_lists_are_known(client: TestClient, model: str) -> None:
    """Those of older SDKs and of the vendor's documentation bring no finding either."""
    create(client, language_model={"model_resource": model})
    assert client.get("/_emulator/contract").json()["findings"] == []


def test_a_strict_server_refuses_values_that_nobody_lists() -> None:
    """It answers 422, and says which value was probably meant."""
    client = TestClient(
        new_app(Settings(seed="empty", strict=True)), headers={"X-Hume-Api-Key": "k"}
    )

    body = {**BASE, "language_model": {"model_provider": "OPENAI"}}
    [problem] = client.post("/v0/evi/configs", json=body).json()["detail"]

    assert problem == {
        "loc": ["body", "language_model", "model_provider"],
        "msg": "Input should be a value that the document or one of Hume's SDKs lists; "
        "the nearest listed value is 'OPEN_AI'",
        "type": "enum",
    }
    custom = {
        "model_provider": CUSTOM,
        "model_resource": "https://example.com/chat/completions",
        "custom_language_model_model": "mine",
    }
    create(client, language_model=custom)


def test_a_config_shows_so_much_of_tools_and_no_more(client: TestClient) -> None:
    """A reference is short, so one small config could show gigabytes, also once a tool grows."""
    parameters = json.dumps({"type": "object", "description": "d" * 900_000})
    tool = {"name": "t", "parameters": parameters}
    id = client.post("/v0/evi/tools", json={**tool, "parameters": "{}"}).json()["id"]
    many = {"prompt": {"text": "p"}, "tools": [{"id": id}] * 10}
    config = {"evi_version": "3", "name": "small", **many}
    small = client.post("/v0/evi/configs", json=config)
    assert small.status_code == 201
    assert client.post(f"/v0/evi/tools/{id}", json=tool).status_code == 201
    for answer in (
        client.post("/v0/evi/configs", json={**config, "name": "large"}),
        client.get(f"/v0/evi/configs/{small.json()['id']}"),
        client.get("/v0/evi/configs"),
    ):
        assert answer.status_code == 422
        [problem] = answer.json()["detail"]
        assert (problem["loc"], problem["type"]) == (["body", "tools"], "too_long")
    names = [
        each["name"] for each in client.get("/v0/evi/prompts?page_size=100").json()["prompts_page"]
    ]
    assert "small prompt" in names
    assert "large prompt" not in names  # nothing is left of a config that is refused, as its name
    fitting = {**config, "name": "large", "tools": [{"id": id}] * 4}
    assert client.post("/v0/evi/configs", json=fitting).status_code == 201
