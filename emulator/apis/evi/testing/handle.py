"""EVI's part of a world's handle for tests: scripts, chats, tool calls, and resources."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_reading import script_from
from emulator.apis.evi.model.check.loading import judge_model
from emulator.apis.evi.model.check.results import CaseResult
from emulator.apis.evi.signing import SignedWebhook, sign_body, sign_event, sign_payload
from emulator.apis.evi.state import EviState
from emulator.apis.evi.testing.chat import ChatHandle
from emulator.apis.evi.testing.resources import new_listing
from emulator.apis.evi.testing.tool_calls import ToolCallWatch
from emulator.apis.evi.world_script import script_of, take_script
from emulator.errors import UsageError
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import ExpectationFailed, everything, explain
from emulator.handles.leftovers import leftovers
from emulator.handles.tracebacks import ShortTraceback, is_on_purpose
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Validation
from emulator.store.paging import Paging
from emulator.waiting import until
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class EviHandle:
    """A test's handle on EVI in one world, which belongs to the server's thread.

    Modules that load pydantic are imported at first need, since it doubles the start-up time.
    """

    def __init__(self, world: World, url: str, validation: Validation, bridge: Bridge) -> None:
        self.world = world
        self._validation = validation  # has the checks of EVI's document
        self.url = url
        self._bridge = bridge
        self._chats_seen = 0  # of the journal
        self._tool_calls = ToolCallWatch(world)
        self.configs = new_listing("configs", world, bridge)
        self.prompts = new_listing("prompts", world, bridge)
        self.tools = new_listing("tools", world, bridge)

    @property
    def ws_url(self) -> str:
        """Return the URL of the chat, without credentials."""
        return f"ws{self.url.removeprefix('http')}/v0/evi/chat"

    # what the assistant says and hears

    @property
    def script(self) -> Script:
        """Return what the assistant says in later chats: add rules, or assign another script."""
        return self._bridge.call(lambda: script_of(self.world))

    @script.setter
    def script(self, script: Script) -> None:
        self._bridge.call(lambda: take_script(self.world, script))

    def use_script(self, name_or_content: str | Mapping[str, Any]) -> None:
        """Use a bundled script, a file's, or the content of one. Raises ScriptError."""
        with ShortTraceback():
            self.script = script_from(name_or_content)

    def hear(self, *texts: str) -> None:
        """Set what the user says in the next audio turns."""
        self._bridge.call(lambda: self.world.state(EviState).heard.extend(texts))

    # chats

    def simulate(self, user: list[Any] | None = None, **scene: Any) -> ChatHandle:
        """Run a conversation (docs/scripts.md) until it ends or has to wait.

        `script` is a name, a file's path, a script's content or a Script; the other keys are
        those of a script. Raises ScriptError, and ApiError for what does not exist.
        """
        from emulator.apis.evi.testing.scenes import read_scene, run_scene

        if user is not None:
            scene["user"] = user
        with ShortTraceback():
            script, loaded = read_scene(scene.pop("script", {}), scene)
        return self._chat(self._bridge.run(run_scene(self.world, script, loaded)))

    @property
    def chats(self) -> list[ChatHandle]:
        """Return all chats, in the order in which they began."""
        page = self._bridge.call(
            lambda: self.world.state(EviState).chats.page_of_chats(Paging(size=2**31)).items
        )
        return [self._chat(chat["id"]) for chat in page]

    def chat(self, id: str) -> ChatHandle:
        """Return one chat. Raises LookupError if it does not exist."""
        chat = self._bridge.call(lambda: self.world.state(EviState).chats.find_chat(id.lower()))
        if chat is None:
            raise LookupError(f"no chat {id!r} in this world; evi.chats has all")
        return self._chat(id.lower())

    def next_chat(self, timeout: float = DEFAULT_TIMEOUT_S) -> ChatHandle:
        """Wait for the next chat that a client opens, and return it: each once.

        Raises ExpectationFailed after `timeout` s.
        """
        return self._bridge.run(self._next_chat(timeout))

    async def anext_chat(self, timeout: float = DEFAULT_TIMEOUT_S) -> ChatHandle:
        """Wait as `next_chat` does, in an async test."""
        return await self._bridge.arun(self._next_chat(timeout))

    async def _next_chat(self, timeout: float) -> ChatHandle:
        world = self.world
        found: list[JsonObject] = []

        looked = self._chats_seen

        def is_there() -> bool:
            nonlocal looked
            after = max(looked, self._chats_seen)  # another thread may have got the next one
            frames = world.journal.entries(after, kind="frame", direction="out")
            found[:] = [each for each in frames if _opens_a_chat(each)]
            looked = world.journal.seq
            return bool(found)

        if not await until(world.journal.watchers, is_there, timeout):
            what = f"no chat was opened within {timeout:g} s"
            entries = everything(world.journal)
            hint, left = self._why_no_chat(entries), leftovers(world)
            raise ExpectationFailed(explain(what, {}, [], entries, hint, left=left))
        self._chats_seen = found[0]["seq"]
        return self._chat(found[0]["chat_id"])

    def _why_no_chat(self, entries: list[JsonObject]) -> str:
        for entry in reversed(entries):
            content = entry.get("content")
            if entry["kind"] == "frame" and entry["chat_id"] is None and isinstance(content, dict):
                return f"a client was refused: {content.get('message')}"
        return f"chats open at {self.ws_url}, with this world's key"

    def _chat(self, id: str) -> ChatHandle:
        return ChatHandle(id, self.world, self._bridge)

    # a webhook handler under test

    def sign(
        self,
        event: str | Mapping[str, Any] | bytes,
        chat_id: str | None = None,
        set: Mapping[str, Any] | None = None,
        faults: Collection[str] = (),
    ) -> SignedWebhook:
        """Return body and headers as the service would post them now, for a handler under test.

        `event` is an event's name, such as 'chat_ended', with `chat_id` and `set` as `trigger` has
        them; or a payload of your own; or a raw body. `faults` spoil the signature: wrong_key,
        stale_timestamp, tampered_body, missing_headers. Raises UsageError for an unknown event or
        fault, ApiError for a chat that does not exist or a field that can't be set.
        """
        if isinstance(event, str):
            name = event
            return self._bridge.call(
                lambda: sign_event(self.world, self._validation, name, chat_id, set, faults)
            )
        if chat_id is not None or set is not None:
            raise UsageError("chat_id and set are for an event's name, such as sign('chat_ended')")
        if isinstance(event, bytes):
            body = event
            return self._bridge.call(lambda: sign_body(self.world, body, faults))
        payload = dict(event)
        return self._bridge.call(lambda: sign_payload(self.world, payload, faults))

    # a custom language model

    def clm_check(
        self, url: str, key: str | None = None, cases: Sequence[str] | None = None
    ) -> list[CaseResult]:
        """Check a custom language model as `evi-emulator clm-check` does (docs/clm-check.md).

        `key` is the one that it asks for; `cases` are the names of those to run. Return the
        results. Raises ExpectationFailed with the cases that failed, and UsageError for a URL that
        the world's settings do not let it call.
        """
        return self._bridge.run(self._clm_check(url, key, cases))

    async def aclm_check(
        self, url: str, key: str | None = None, cases: Sequence[str] | None = None
    ) -> list[CaseResult]:
        """Check as `clm_check` does, in an async test, whose loop may serve the model."""
        return await self._bridge.arun(self._clm_check(url, key, cases))

    async def _clm_check(
        self, url: str, key: str | None, cases: Sequence[str] | None
    ) -> list[CaseResult]:
        report, failure = await judge_model(url, self.world.settings, key, cases)
        if failure:
            raise ExpectationFailed(failure)
        return list(report.results)

    # tool calls

    @property
    def tool_call_patience_s(self) -> float | None:
        """Return how long a client may leave a tool call unanswered before its chat ends (s).

        A chat may wait as long for a frozen clock. None is for as long as it likes. A change
        concerns the calls and chats that come.
        """
        return self._bridge.call(lambda: self._tool_calls.patience_s)

    @tool_call_patience_s.setter
    def tool_call_patience_s(self, patience_s: float | None) -> None:
        self._bridge.call(lambda: setattr(self._tool_calls, "patience_s", patience_s))

    def check_tool_calls(self) -> None:
        """Raise AssertionError if a chat was ended that waited for its client, or for the clock."""
        given_up = self._bridge.read(lambda: list(self._tool_calls.given_up))
        if given_up:
            raise AssertionError("; ".join(given_up))


def _opens_a_chat(entry: JsonObject) -> bool:
    content = entry.get("content")
    return (
        isinstance(content, dict)
        and content.get("type") == "chat_metadata"
        and not (entry.get("joined") or entry.get("simulated"))
    )
