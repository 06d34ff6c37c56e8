"""Recorded chats, chat groups, audio and the control plane, on the demo seed."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.evi.operations.audio import URL_LIFETIME_MS
from emulator.world.world import World

RECORDED = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
GROUP = "9fc18597-3567-42d5-94d6-935bde84bf2f"
NOBODY = "00000000-0000-4000-8000-000000000000"


def get(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def first_chat(client: TestClient, status: str) -> Any:
    return get(client, f"/v0/evi/chats?status={status}")["chats_page"][0]


def test_the_recorded_chat(client: TestClient) -> None:
    """The example chat has the recorded ids, times and counts."""
    [chat] = [
        chat
        for chat in get(client, "/v0/evi/chats?page_size=100")["chats_page"]
        if chat["id"] == RECORDED
    ]
    assert chat == {
        "id": RECORDED,
        "chat_group_id": GROUP,
        "status": "USER_ENDED",
        "start_timestamp": 1716244940648,
        "end_timestamp": 1716244958546,
        "event_count": 3,
        "metadata": '{"topic":"customer_support","language":"en-US"}',
        "config": {"id": "1b60e1a0-cc59-424a-8d2c-189d354db3f3", "version": 2},
    }
    events = get(client, f"/v0/evi/chats/{RECORDED}")
    assert "event_count" not in events
    assert [(event["type"], event["timestamp"]) for event in events["events_page"]] == [
        ("SYSTEM_PROMPT", 1716244940762),
        ("USER_MESSAGE", 1716244956278),
        ("AGENT_MESSAGE", 1716244957031),
    ]


def test_active_chats_have_no_end(client: TestClient) -> None:
    """A live chat's end is null, and its group is active."""
    chat = first_chat(client, "ACTIVE")
    assert chat["end_timestamp"] is None
    assert get(client, f"/v0/evi/chat_groups/{chat['chat_group_id']}")["active"] is True


@pytest.mark.parametrize("path", ["/v0/evi/chats", f"/v0/evi/chat_groups/{GROUP}"])
def test_an_unknown_status_is_refused(client: TestClient, path: str) -> None:
    """A status that no chat can have is a mistake, with the closest real one."""
    answer = client.get(f"{path}?status=ENDED")
    assert answer.status_code == 400
    assert "did you mean 'USER_ENDED'" in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v0/evi/chats/{}", "chat_not_found"),
        ("/v0/evi/chats/{}/audio", "chat_not_found"),
        ("/v0/evi/chat_groups/{}", "chat_group_not_found"),
        ("/v0/evi/chat_groups/{}/events", "chat_group_not_found"),
        ("/v0/evi/chat_groups/{}/audio", "chat_group_not_found"),
    ],
)
def test_what_is_not_there_is_named(client: TestClient, path: str, code: str) -> None:
    """An unknown chat or group is a 404 that names its id."""
    answer = client.get(path.format(NOBODY))
    assert answer.status_code == 404
    assert answer.json()["code"] == code
    assert NOBODY in answer.json()["message"]


def test_there_is_no_events_path_under_a_chat(client: TestClient) -> None:
    """As in the service, a chat's events are part of the chat itself."""
    assert client.get(f"/v0/evi/chats/{RECORDED}/events").status_code == 404


def unheard_chat(client: TestClient) -> str:
    """An ended chat whose audio nobody has asked for."""
    for chat in get(client, "/v0/evi/chats?page_size=100")["chats_page"]:
        audio = get(client, f"/v0/evi/chats/{chat['id']}/audio")
        if chat["status"] != "ACTIVE" and audio["status"] == "QUEUED":
            return str(chat["id"])
    raise AssertionError("the demo seed has no such chat")


def test_audio_moves_on_when_polled(client: TestClient, world: World) -> None:
    """QUEUED, IN_PROGRESS, COMPLETE: one step a request, and a URL only at the end."""
    world.clock.freeze()
    path = f"/v0/evi/chats/{unheard_chat(client)}/audio"

    second, third, fourth = (get(client, path) for _ in range(3))

    assert (second["status"], second["signed_audio_url"]) == ("IN_PROGRESS", None)
    assert third["status"] == "COMPLETE"
    assert third["filename"].endswith("/reconstructed_audio.mp4")
    assert third["modified_at"] == world.clock.now_ms()
    assert third["signed_url_expiration_timestamp_millis"] == world.clock.now_ms() + URL_LIFETIME_MS
    assert third["signed_audio_url"].startswith("http://testserver/_emulator/audio/")
    assert fourth == third


def test_audio_of_a_live_chat_waits(client: TestClient) -> None:
    """While a chat is ACTIVE its audio stays in the queue."""
    path = f"/v0/evi/chats/{first_chat(client, 'ACTIVE')['id']}/audio"
    assert {get(client, path)["status"] for _ in range(5)} == {"QUEUED"}


def test_a_group_has_the_audio_of_each_chat(client: TestClient) -> None:
    """A group lists one reconstruction for each of its chats, and polls them all."""
    path = "/v0/evi/chat_groups/369846cf-6ad5-404d-905e-a8acb5cdfc78/audio"
    for _ in range(3):
        page = get(client, path)
    assert [audio["status"] for audio in page["audio_reconstructions_page"]] == ["COMPLETE"] * 2
    assert page["num_chats"] == 2


def test_the_signed_url_is_good_for_an_hour(client: TestClient, world: World) -> None:
    """The URL works without a key until it expires; any change to it makes it useless."""
    clock = world.clock
    clock.freeze()
    url = get(client, f"/v0/evi/chats/{RECORDED}/audio")["signed_audio_url"]
    anonymous = TestClient(client.app)

    audio = anonymous.get(url)
    assert audio.status_code == 200
    assert audio.headers["Content-Type"] == "audio/mp4"
    assert len(audio.content) == int(audio.headers["Content-Length"])
    other = first_chat(client, "INACTIVITY_TIMEOUT")["id"]
    for changed in (
        url.replace(RECORDED, other),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("expires=1", "expires=2"),
        url.split("&")[0],
        f"{url.split('signature=')[0]}signature=",
        url.replace("expires=", "expires=x"),
        url.replace("/audio/", "/audio/0"),
    ):
        assert anonymous.get(changed).status_code == 404

    clock.move_to(clock.now_ms() + URL_LIFETIME_MS)
    answer = anonymous.get(url)
    assert answer.status_code == 404
    assert answer.json()["code"] == "audio_not_found"


def test_sending_to_a_chat_that_is_not_live(client: TestClient) -> None:
    """The control plane reaches live chats only: 404 for others, and for unknown ones."""
    message = {"type": "user_input", "text": "hi"}
    for chat_id, code in ((RECORDED, "chat_not_live"), ("nothing", "chat_not_found")):
        answer = client.post(f"/v0/evi/chat/{chat_id}/send", json=message)
        assert answer.status_code == 404
        assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param({"type": "audio_input", "data": ""}, [("body",)], id="audio"),
        pytest.param({"text": "hi"}, [("body",)], id="no type"),
        pytest.param({"type": "user_input"}, [("body", "text")], id="no text"),
        pytest.param(
            {"type": "tool_error", "tool_call_id": 1, "level": "bad"},
            [("body", "error"), ("body", "level"), ("body", "tool_call_id")],
            id="several",
        ),
        pytest.param(
            {"type": "session_settings", "builtin_tools": [{"name": "hang_up"}, {"name": "x"}]},
            [("body", "builtin_tools", 1, "name")],
            id="in a list",
        ),
    ],
)
def test_a_malformed_message_is_judged_by_its_type(
    client: TestClient, message: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    """The problems are those of the message that `type` names, once each."""
    answer = client.post(f"/v0/evi/chat/{RECORDED}/send", json=message)
    assert answer.status_code == 422
    assert sorted(tuple(each["loc"]) for each in answer.json()["detail"]) == expected
