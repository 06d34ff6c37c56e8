"""Makes a script of recorded chats: the assistant's answers, and what the user does."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import parse_qs

from emulator.apis.evi.chat.script_file import load_script
from emulator.errors import ScriptError, UsageError, pointer
from emulator.extras.recording.format import Recording
from emulator.extras.recording.transcripts import Transcript, Turn, all_notes, transcripts
from emulator.jsontext import JsonObject


def import_script(
    recording: Recording,
    configs: Collection[str],
    chat: int | None = None,
    pauses: bool = False,
) -> tuple[JsonObject, list[str]]:
    """Return the content of a script file for all chats, or for the chat `chat`; and notes.

    Its rules answer the turns of all chats; its user is the first chat's. `configs` are the ids
    that a simulation can use. Raises UsageError for a chat that does not exist.
    """
    found = transcripts(recording, pauses)
    if chat is not None:
        if not 1 <= chat <= len(found):
            raise UsageError(f"the recording has {len(found)} chats; there is no chat {chat}")
        found = found[chat - 1 : chat]
    content, notes = script_of(found)
    notes = all_notes(found) + notes
    content = {"description": f"Imported from {recording.name}.", **content}
    if found:
        content |= _scene(found[0], configs, notes)
    if len(found) > 1:
        notes.append(
            f"of {len(found)} chats, a simulation has the user of the first; --chat chooses another"
        )
    return _accepted(content, notes), notes


def script_of(found: Sequence[Transcript]) -> tuple[JsonObject, list[str]]:
    """Return the rules of some chats, with the user and the tools of the first; and notes."""
    rules: dict[tuple[int, str], JsonObject] = {}
    notes = []
    for transcript in found:
        for turn in transcript.turns:
            if turn.is_unanswered:
                continue
            rule = _rule(turn)
            if rules.setdefault((turn.number, turn.text), rule) != rule:
                notes.append(
                    f"chat {transcript.number}: turn {turn.number} ({turn.text!r}) was answered "
                    "otherwise before; that answer is kept (--chat has the others)"
                )
    is_strict = any(turn.is_unanswered for transcript in found for turn in transcript.turns)
    content: JsonObject = {"strict": is_strict, "rules": list(rules.values())}
    if found:
        content |= {"tools": found[0].tools, "user": found[0].user}
    return {key: value for key, value in content.items() if value}, notes


def _rule(turn: Turn) -> JsonObject:
    """Return a rule that matches only this turn with this text."""
    when: JsonObject = {"turn": turn.number}
    if turn.text:
        when["regex"] = f"^{re.escape(turn.text)}$".replace("\\ ", " ")
    return {"when": when, "answer": turn.steps}


def _scene(transcript: Transcript, configs: Collection[str], notes: list[str]) -> JsonObject:
    query = parse_qs(transcript.conversation.opened.query)
    scene: JsonObject = {}
    config_id = query.get("config_id", [""])[0].lower()
    if config_id in configs:
        scene["config_id"] = config_id
        if query.get("config_version", [""])[0].isdigit():
            scene["config_version"] = int(query["config_version"][0])
    elif config_id:
        notes.append(f"chat {transcript.number}: its config {config_id} was made while recording")
    if transcript.settings:
        scene["session_settings"] = transcript.settings
    return scene


def _accepted(content: JsonObject, notes: list[str]) -> JsonObject:
    """Return the content without what a script may not have, with a note on each removal."""
    while True:
        try:
            load_script(content)
        except ScriptError as error:
            loc, message = error.mistakes[0]
            if loc[:1] in (("rules",), ("user",)) and len(loc) > 1:
                del content[str(loc[0])][loc[1]]
            elif loc and loc[0] in content:
                del content[str(loc[0])]
            else:
                raise
            notes.append(f"{pointer(loc)} is left out: {message}")
        else:
            return content
