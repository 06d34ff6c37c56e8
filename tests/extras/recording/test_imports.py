"""What a recording is turned into: a seed, and a script."""

from typing import Any

import pytest

from emulator.apis.evi.chat.script_file import load_script
from emulator.errors import UsageError
from emulator.extras.recording.format import (
    Body,
    Closed,
    Entry,
    Exchange,
    Frame,
    Header,
    Opened,
    Part,
    Recording,
)
from emulator.extras.recording.scripts import import_script
from emulator.extras.recording.seeds import import_seed
from emulator.settings import Settings
from tests.served import SEEDS

HEADER = Header(emulator_version="0", upstream="http://a", began_at_ms=1_700_000_000_000)
ONE, TWO, THREE, FOUR, FIVE, SIX = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 7))
TIMES = {"created_on": 1_600_000_000_000, "modified_on": 1_600_000_000_000}


def recording(*entries: Entry) -> Recording:
    return Recording("r", HEADER, entries)


def answered(method: str, path: str, answer: Any, asked: Any = None, status: int = 200) -> Exchange:
    body = None if asked is None else Body(json=asked)
    return Exchange(
        at_ms=0,
        method=method,
        path=path,
        status=status,
        request=Part(body=body),
        response=Part(body=Body(json=answer)),
    )


def prompt(id: str, version: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "name": f"Prompt {id[0]}", "version": version, "version_type": "FIXED",
        "text": f"Text {version}", **TIMES, **more,
    }  # fmt: skip


def seed_of(*entries: Entry) -> tuple[dict[str, Any], list[str]]:
    imported = import_seed(recording(*entries), SEEDS, Settings())
    return imported.content, list(imported.notes)


def test_what_was_there_before() -> None:
    """What lists and gets show is in the seed; what the client has made is not."""
    seed, notes = seed_of(
        answered("GET", "/v0/evi/prompts", {"prompts_page": [prompt(ONE)]}),
        answered("POST", "/v0/evi/prompts", prompt(TWO), {"name": "x"}, 201),
        answered("GET", "/v0/evi/prompts", {"prompts_page": [prompt(ONE), prompt(TWO)]}),
        answered("POST", f"/v0/evi/prompts/{ONE}", prompt(ONE, 1), {"text": "x"}, 201),
        answered("GET", f"/v0/evi/prompts/{ONE}/version/1", prompt(ONE, 1)),
    )
    assert [each["id"] for each in seed["prompts"]] == [ONE]
    assert [each["text"] for each in seed["prompts"][0]["versions"]] == ["Text 0"]
    assert notes == []


def config(id: str, voice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id, "name": f"Config {id[0]}", "version": 0, "evi_version": "3", "voice": voice,
        **TIMES,
    }  # fmt: skip


def test_voices_of_the_library_and_of_the_account() -> None:
    """Library voices that the emulator lacks are added as such, by their recorded ids."""
    ava = {"id": "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c", "name": "Ava Song", "provider": "HUME_AI"}
    nova = {"id": FOUR, "name": "Nova", "provider": "HUME_AI"}
    mine = {"id": FIVE, "name": "Mine", "provider": "CUSTOM_VOICE"}
    leon = {"id": SIX, "name": "Leon", "provider": "HUME_AI"}  # whose id nobody has published
    seed, notes = seed_of(
        answered("GET", "/v0/tts/voices", {"voices_page": [ava, leon]}),
        answered("GET", "/v0/evi/configs", {"configs_page": [config(ONE, nova)]}),
        answered("GET", "/v0/evi/configs", {"configs_page": [config(TWO, mine)]}),
        answered("GET", "/v0/evi/configs", {"configs_page": [config(THREE, ava)]}),
    )
    assert seed["voices"] == [leon, nova, mine]
    shown = [each["versions"][0]["voice"] for each in seed["configs"]]
    assert shown == [{"id": each["id"], "provider": each["provider"]} for each in (nova, mine, ava)]
    assert notes == []


def test_the_first_sight_counts() -> None:
    """A name that the client has changed was another before."""
    seed, _ = seed_of(
        answered("GET", f"/v0/evi/prompts/{ONE}/version/0", prompt(ONE)),
        answered("GET", f"/v0/evi/prompts/{ONE}/version/0", prompt(ONE, name="Renamed")),
    )
    assert seed["prompts"][0]["name"] == "Prompt 1"


def test_versions_that_were_never_shown() -> None:
    """They are made up, and told of."""
    seed, notes = seed_of(answered("GET", f"/v0/evi/prompts/{ONE}/version/2", prompt(ONE, 2)))
    assert len(seed["prompts"][0]["versions"]) == 3
    [note] = notes
    assert note == f"prompt {ONE} (Prompt 1): versions 0, 1 not shown, so like version 2"


def test_what_is_only_named() -> None:
    """Something that could be deleted, described or asked for was there."""
    accepted = Frame(
        at_ms=1, socket=1, sender="server", content=Body(json={"type": "chat_metadata"})
    )
    seed, notes = seed_of(
        answered("DELETE", f"/v0/evi/prompts/{ONE}", {}),
        answered("DELETE", f"/v0/evi/tools/{TWO}/version/1", {}),
        Opened(at_ms=1, path="/v0/evi/chat", query=f"config_id={THREE}", socket=1, status=101),
        accepted,
    )
    counts = {key: len(seed[key][0]["versions"]) for key in ("prompts", "tools", "configs")}
    assert counts == {"prompts": 1, "tools": 2, "configs": 1}
    assert len(notes) == 3


def test_errors_show_nothing() -> None:
    """Whatever was asked for was not there."""
    seed, _ = seed_of(answered("GET", f"/v0/evi/prompts/{ONE}/version/0", {}, status=404))
    assert seed == {}


def test_what_a_seed_cannot_say_is_left_out() -> None:
    """With a note; the rest stays."""
    page = {"prompts_page": [prompt("no-uuid"), prompt(TWO)]}
    seed, notes = seed_of(answered("GET", "/v0/evi/prompts", page))
    assert [each["id"] for each in seed["prompts"]] == [TWO]
    [note] = notes
    assert note.startswith("prompts: no-uuid (Prompt n) is left out: ")


def test_a_chat_with_its_config() -> None:
    """Chats come with their events; a config that only they name is made up."""
    chat = {
        "id": ONE, "chat_group_id": TWO, "status": "USER_ENDED", "event_count": 2,
        "start_timestamp": 1000, "end_timestamp": 3000, "config": {"id": THREE, "version": 1},
    }  # fmt: skip
    event = {
        "id": "40000000-0000-4000-8000-000000000000", "chat_id": ONE, "type": "USER_MESSAGE",
        "timestamp": 1500, "role": "USER", "message_text": "Hi", "emotion_features": "",
    }  # fmt: skip
    seed, notes = seed_of(answered("GET", f"/v0/evi/chats/{ONE}", {**chat, "events_page": [event]}))
    [group] = seed["chat_groups"]
    assert (group["id"], group["chats"][0]["events"][0]["after_ms"]) == (TWO, 500)
    assert len(seed["configs"][0]["versions"]) == 2
    assert f"chat {ONE}: 1 of its events were not shown" in notes


# scripts


def chat(*said: tuple[str, dict[str, Any]], number: int = 1, closed: str = "") -> list[Entry]:
    """Frames by '<' and '>', each 100 ms after the one before."""
    metadata = {"type": "chat_metadata", "chat_id": ONE}
    entries: list[Entry] = [Opened(at_ms=0, path="/v0/evi/chat", socket=number, status=101)]
    for index, (side, content) in enumerate([("<", metadata), *said], 1):
        sender = "server" if side == "<" else "client"
        body = Body(json=content)
        entries.append(Frame(at_ms=index * 100, socket=number, sender=sender, content=body))  # type: ignore[arg-type]
    if closed:
        entries.append(Closed(at_ms=9000, socket=number, sender=closed, code=1000))  # type: ignore[arg-type]
    return entries


def user(text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    message = {"role": "user", "content": text}
    return "<", {"type": "user_message", "message": message, "from_text": True, **more}


def says(text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    message = {"role": "assistant", "content": text}
    return "<", {"type": "assistant_message", "message": message, **more}


END = ("<", {"type": "assistant_end"})


def test_turns_become_rules() -> None:
    """What was said to what, tools with their arguments and answers, and what the user did."""
    call = {"type": "tool_call", "name": "f", "parameters": '{"a": "{b}"}', "tool_call_id": "1"}
    script, notes = import_script(
        recording(
            *chat(
                (">", {"type": "session_settings", "system_prompt": "x"}),
                user("Hi (there)?"),
                says("Hello {name}."),
                says("Yes.", is_quick_response=True),
                END,
                user("Do it", from_text=False),
                ("<", call),
                (">", {"type": "tool_response", "tool_call_id": "1", "content": '{"c": 1}'}),
                says("Done."),
                END,
            )
        ),
        (),
    )
    load_script(script)
    assert notes == []
    assert script["rules"] == [
        {
            "when": {"turn": 1, "regex": r"^Hi \(there\)\?$"},
            "answer": [{"say": "Hello (name)."}, {"say": "Yes.", "quick": True}],
        },
        {
            "when": {"turn": 2, "regex": "^Do it$"},
            "answer": [{"call_tool": "f", "parameters": {"a": "(b)"}}, {"say": "Done."}],
        },
    ]
    assert script["user"] == [{"type": "Hi (there)?"}, {"say": "Do it"}]
    assert script["tools"] == {"f": {"content": {"c": 1}}}
    assert script["session_settings"] == {"system_prompt": "x"}


def test_pauses() -> None:
    """They are kept where they are asked for."""
    entries = chat(user("Hi"), says("Hello."), END)
    assert import_script(recording(*entries), (), pauses=True)[0]["rules"][0]["answer"] == [
        {"pause": "100ms"},
        {"say": "Hello."},
    ]


def test_what_answers_no_turn() -> None:
    """A greeting and a nudge are the config's; what the client had said was the client's."""
    script, notes = import_script(
        recording(
            *chat(
                says("Welcome!"), END, (">", {"type": "assistant_input", "text": "Said so."}),
                says("Said so."), END, user("Hi"), says("Hello."), END, says("Still there?"), END,
            )
        ),
        (),
    )  # fmt: skip
    assert script["rules"][0]["answer"] == [{"say": "Hello."}]
    [note] = notes
    assert note.startswith("chat 1: 2 messages answer no turn")


def test_a_server_that_hangs_up_and_one_that_fails() -> None:
    """The assistant's last step, or an error."""
    hung_up, _ = import_script(
        recording(*chat(user("Bye"), says("Bye!"), END, closed="server")), ()
    )
    assert hung_up["rules"][0]["answer"][-1] == {"hang_up": True}
    error = {"type": "error", "code": "I0100", "slug": "uncaught", "message": "Oh."}
    failed, _ = import_script(recording(*chat(user("Hi"), ("<", error), closed="server")), ())
    assert failed["rules"][0]["answer"] == [{"error": "uncaught", "message": "Oh."}]


def test_two_chats() -> None:
    """Their rules are in one script; what is answered otherwise the second time is told of."""
    entries = [
        *chat(user("Hi"), says("Hello."), END),
        *chat(user("Hi"), says("Hey."), END, user("Bye"), says("Bye."), END, number=2),
    ]
    both, notes = import_script(recording(*entries), ())
    assert [rule["answer"][0]["say"] for rule in both["rules"]] == ["Hello.", "Bye."]
    assert any("turn 1 ('Hi') was answered otherwise" in note for note in notes)
    second, _ = import_script(recording(*entries), (), chat=2)
    assert [rule["answer"][0]["say"] for rule in second["rules"]] == ["Hey.", "Bye."]
    with pytest.raises(UsageError, match="2 chats; there is no chat 3"):
        import_script(recording(*entries), (), chat=3)


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/v0/evi/configs", {"configs_page": [{"id": ONE, "version": None}, 5]}),
     ("/v0/evi/prompts/" + ONE, {**prompt(ONE), "created_on": "yesterday"}),
     ("/v0/evi/tools", {"tools_page": [{"id": [ONE], "version": 0}]}),
     ("/v0/evi/chats", {"chats_page": [{"id": ONE, "start_timestamp": 0}]}),
     ("/v0/evi/chats/" + ONE, {"events_page": [{"id": ONE, "timestamp": "now"}]}),
     ("/v0/evi/chat_groups", {"chat_groups_page": [{"id": {}}]}),
     ("/v0/evi/chats/x/audio", {"id": ONE, "status": [], "signed_audio_url": "http://a"}),
     ("/v0/tts/voices", {"voices_page": [{"provider": "CUSTOM_VOICE"}]})],
)  # fmt: skip
def test_answers_of_another_shape(path: str, answer: Any) -> None:
    """They are left out with a note; what else there is stays."""
    fine = answered("GET", "/v0/evi/prompts", {"prompts_page": [prompt(TWO)]})
    content, notes = seed_of(answered("GET", path, answer), fine)
    assert [each["id"] for each in content["prompts"] if each["id"] != ONE] == [TWO]
    assert any("is left out: /" in note for note in notes)


def test_a_message_of_another_shape() -> None:
    """Its text is nothing."""
    frames = [{"type": "chat_metadata"}, {"type": "user_message", "message": ["x"]},
              {"type": "assistant_message", "message": "y"}]  # fmt: skip
    opened = Opened(at_ms=0, path="/v0/evi/chat", socket=1, status=101)
    said = [Frame(at_ms=1, socket=1, sender="server", content=Body(json=f)) for f in frames]
    script, _ = import_script(recording(opened, *said), [])
    assert script["user"] == [{"say": ""}]
