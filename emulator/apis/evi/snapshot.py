"""EVI's part of a snapshot's document: writing it, and reading it back."""

from collections.abc import Iterator
from dataclasses import asdict

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_content import script_content
from emulator.apis.evi.chat.script_reading import script_from
from emulator.apis.evi.chat_store import LONGEST_CHAT_MS, Audio, ChatStore
from emulator.errors import Loc, ScriptError
from emulator.hosts import WEBHOOK_SCHEMES, form_problem
from emulator.jsontext import Json, JsonObject
from emulator.redaction.names import HIDDEN
from emulator.source_files import short
from emulator.store.versioned import Resource, Version, VersionedCollection
from emulator.world.reading import SnapshotReading

_KEY = "language_model_api_key"

# writing


def resources_json(collection: VersionedCollection) -> list[JsonObject]:
    return [
        {
            "id": resource.id,
            "name": resource.name,
            "created_on": resource.created_on,
            "next_number": resource.next_number,
            "versions": [
                {
                    "number": version.number,
                    "modified_on": version.modified_on,
                    "content": version.content,
                }
                for version in resource.versions
            ],
        }
        for resource in collection.all()
    ]


def chats_json(chats: ChatStore) -> JsonObject:
    """Return all chats, their audio and their events."""
    return {
        "chats": list(chats.all_chats()),
        "audio": [{"chat_id": id, **asdict(audio)} for id, audio in chats.all_audio()],
        "events": chats.all_events(),
    }


def script_json(script: Script | None) -> Json:
    """Return a script's name and content, or null for a script that no file could hold."""
    content = None if script is None else script_content(script)
    if script is None or content is None:
        return None
    user = [_without_key(step) for step in content.get("user", ())]
    return {"name": script.name, "content": {**content, "user": user} if user else content}


def _without_key(step: JsonObject) -> JsonObject:
    """Return a step of the user without the key of a language model, which nothing needs back."""
    message = step.get("send")
    if not isinstance(message, dict) or message.get(_KEY) is None:
        return step
    return {**step, "send": {**message, _KEY: HIDDEN}}


# reading


def read_resources(reading: SnapshotReading, key: str, collection: VersionedCollection) -> None:
    for index, item in enumerate(reading.content[key]):
        loc: Loc = (key, index)
        reading.check_new(item["id"], (*loc, "id"))
        versions = tuple(
            Version(each["number"], each["content"], each["modified_on"])
            for each in item["versions"]
        )
        _check_numbers(reading, versions, item["next_number"], loc)
        if key == "configs":
            _check_webhooks(reading, versions, loc)
        collection.add(
            Resource(item["id"], item["name"], item["created_on"], 0, item["next_number"], versions)
        )


def _check_numbers(
    reading: SnapshotReading, versions: tuple[Version, ...], next_number: int, loc: Loc
) -> None:
    """Check that version numbers go up, since a number is never given twice."""
    before = -1
    for index, version in enumerate(versions):
        if not before < version.number < next_number:
            reading.mistake(
                (*loc, "versions", index, "number"),
                f"expected a number above {before} and below next_number ({next_number}), "
                f"got {version.number}",
            )
        before = version.number


def _check_webhooks(reading: SnapshotReading, versions: tuple[Version, ...], loc: Loc) -> None:
    for index, version in enumerate(versions):
        for number, webhook in enumerate(version.content["webhooks"]):
            problem = form_problem(webhook["url"], WEBHOOK_SCHEMES)
            if problem is not None:
                reading.mistake(
                    (*loc, "versions", index, "content", "webhooks", number, "url"),
                    f"{problem}, got {short(webhook['url'])}",
                )


def read_chats(reading: SnapshotReading, chats: ChatStore) -> None:
    for index, chat in enumerate(reading.content["chats"]):
        _check_length(reading, chat, ("chats", index, "end_timestamp"))
        if reading.check_new(chat["id"], ("chats", index, "id")):
            chats.add_chat(chat)
    for index, event in enumerate(reading.content["events"]):
        if _check_chat(reading, event["chat_id"], chats, ("events", index, "chat_id")):
            chats.add_event(event)
    for index, audio in enumerate(reading.content["audio"]):
        if _check_chat(reading, audio["chat_id"], chats, ("audio", index, "chat_id")):
            chats.set_audio(audio["chat_id"], Audio(audio["status"], audio["modified_at"]))


def _check_length(reading: SnapshotReading, chat: JsonObject, loc: Loc) -> None:
    begin_ms, end_ms = chat["start_timestamp"], chat["end_timestamp"]
    if end_ms is not None and not 0 <= end_ms - begin_ms <= LONGEST_CHAT_MS:
        until_ms = begin_ms + LONGEST_CHAT_MS
        reading.mistake(
            loc,
            f"expected a time from start_timestamp ({begin_ms}) to a day later ({until_ms}), "
            f"got {end_ms}",
        )


def read_live(reading: SnapshotReading) -> Iterator[str]:
    active = {chat["id"] for chat in reading.content["chats"] if chat["status"] == "ACTIVE"}
    for index, chat_id in enumerate(reading.content["live"]):
        if chat_id not in active:
            reading.mistake(("live", index), f"expected the id of an ACTIVE chat, got {chat_id}")
        yield chat_id


def read_script(reading: SnapshotReading) -> Script | None:
    script = reading.content["script"]
    if script is None:
        return None
    if not script["content"]:
        return Script(name=script["name"])
    try:
        return script_from(script["content"], script["name"])
    except ScriptError as error:
        for loc, message in error.mistakes:
            reading.mistake(("script", "content", *loc), message)
        return Script()


def _check_chat(reading: SnapshotReading, id: str, chats: ChatStore, loc: Loc) -> bool:
    if chats.has_chat(id):
        return True
    reading.mistake(loc, f"expected the id of a chat of this world, got {id}")
    return False
