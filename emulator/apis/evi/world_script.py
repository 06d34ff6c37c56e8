"""The script of a world, and the sounds that come with it."""

from emulator.apis.evi.chat.script import Followed, Script
from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.journal.entries import ScriptEntry
from emulator.world.world import World


def take_script(world: World, script: Script) -> None:
    """Let the assistant of later chats follow a script, and texts have the sounds that it gives."""
    world.state(EviState).script = script
    world.state(VoicesState).add_sounds(script.sounds)


def script_of(world: World) -> Script:
    """Return the script of the next chat; one that follows a file is as the file is now."""
    state = world.state(EviState)
    followed = state.first_script.followed
    if followed is not None:
        followed.look()
        if followed.revision != state.file_revision:
            is_news = followed.revision > state.file_revision_at_start
            state.file_revision = followed.revision
            _take_change(world, followed, is_news)
    return state.script


def _take_change(world: World, followed: Followed, is_news: bool) -> None:
    """Follow a file's last good script, unless the world has its own; say what has changed."""
    state, name = world.state(EviState), followed.path.name
    has_own = state.script != state.first_script
    if followed.script is not state.first_script:
        state.first_script = followed.script
        state.script_use.excuse(followed.script)
        if not has_own:
            take_script(world, followed.script.copy())
    if followed.mistake is not None:
        _note(world, "script_broken", f"the last good script is kept: {followed.mistake}")
    elif is_news and has_own:
        told = f"{name} was read again; this world keeps its own script until it is reset"
        _note(world, "script_read", told)
    elif is_news:
        rules = len(state.script.rules)
        told = f"{name} was read again: it has {rules} {'rule' if rules == 1 else 'rules'}"
        _note(world, "script_read", told)


def _note(world: World, finding: str, message: str) -> None:
    world.journal.add(ScriptEntry(chat_id=None, finding=finding, message=message))
