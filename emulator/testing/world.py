"""The handle of one world: all that a test does with it."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from emulator.actions import add_stub
from emulator.api import fault_names
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.state import EviState
from emulator.atomic import write_whole
from emulator.clock import SystemClock
from emulator.errors import UsageError
from emulator.jsontext import Json, JsonObject
from emulator.ready import trusting
from emulator.settings import CA_FILE_ENV, Settings
from emulator.store.paging import Paging
from emulator.store.stubs import Stub
from emulator.testing.bridge import Bridge
from emulator.testing.chat import ChatHandle
from emulator.testing.contract import ContractHandle
from emulator.testing.diagnosis import ExpectationFailed, explain
from emulator.testing.handles import (
    DEFAULT_TIMEOUT_S,
    BridgedClock,
    ClockHandle,
    FaultsHandle,
    JournalHandle,
    Resources,
    WebhooksHandle,
    everything,
)
from emulator.testing.receiver import WebhookReceiver
from emulator.testing.tool_calls import ToolCallWatch
from emulator.waiting import until
from emulator.web.app import App
from emulator.world.snapshot import Seed, Snapshot
from emulator.world.snapshot_document import document_parts
from emulator.world.world import World

_CLIENT_TIMEOUT_S = 60  # as Hume's own has
_CA_FILE_VARIABLES = (
    CA_FILE_ENV,  # the emulator's commands
    "SSL_CERT_FILE",  # OpenSSL, and so most of Python
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)

LoadSeed = Callable[[Settings], Seed]


class Evi:
    """A world: its own API key, data, time, script, webhooks. Nothing leaks to another.

    `world` is what it is a handle of; it belongs to the server's thread.
    """

    def __init__(
        self,
        world: World,
        app: App,
        bridge: Bridge,
        url: str,
        load_seed: LoadSeed,
        ca_file: str | None = None,
    ) -> None:
        self.world = world
        self.url = url
        self.api_key = world.api_key
        self.ca_file = ca_file  # what clients are to trust, if the server has TLS
        self._app = app
        self._bridge = bridge
        self._load_seed = load_seed
        self._open = ExitStack()  # what is to be closed with it
        self._chats_seen = 0  # of the journal
        self._tool_calls = ToolCallWatch(world)
        self.journal = JournalHandle(world, bridge)
        self.clock = ClockHandle(world, bridge)
        self.faults = FaultsHandle(world, app.validation, fault_names(app.apis), bridge)
        self.webhooks = WebhooksHandle(world, app.validation, self.faults, bridge)
        self.contract = ContractHandle(world, app, bridge)
        self.configs = Resources("configs", world, bridge)
        self.prompts = Resources("prompts", world, bridge)
        self.tools = Resources("tools", world, bridge)

    def __repr__(self) -> str:
        return f"<Evi {self.url} {self.api_key}>"

    # how to reach it

    @property
    def ws_url(self) -> str:
        """Of the chat, without credentials."""
        return f"ws{self.url.removeprefix('http')}/v0/evi/chat"

    @property
    def inspector_url(self) -> str:
        """Of the page that shows this world; its key is in the fragment, which browsers keep."""
        return f"{self.url}/_emulator/#{urlencode({'key': self.api_key})}"

    @property
    def signing_key(self) -> str:
        """What its webhooks are signed with."""
        return self._bridge.call(lambda: self.world.outbox.key)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a child process: this one's, and where the emulator is."""
        return {
            **os.environ,
            "HUME_API_KEY": self.api_key,
            "HUME_BASE_URL": self.url,
            "HUME_WEBHOOK_SIGNING_KEY": self.signing_key,
            **({} if self.ca_file is None else dict.fromkeys(_CA_FILE_VARIABLES, self.ca_file)),
        }

    def client(self, **options: Any) -> Any:
        """Hume's client, pointed at this world. Needs the package `hume`."""
        if self.ca_file is not None and "httpx_client" not in options:
            import httpx  # which Hume's package is made on

            options["httpx_client"] = httpx.Client(
                verify=trusting(self.ca_file), follow_redirects=True, timeout=_CLIENT_TIMEOUT_S
            )
        client = _hume("HumeClient")(base_url=self.url, api_key=self.api_key, **options)
        with suppress(AttributeError):  # it has no close of its own
            self._open.callback(client._client_wrapper.httpx_client.httpx_client.close)
        return client

    def async_client(self, **options: Any) -> Any:
        """Hume's async client, pointed at this world. Needs the package `hume`."""
        client_class = _hume("AsyncHumeClient")
        if "httpx_client" not in options:
            import httpx  # which Hume's package is made on

            limits = httpx.Limits(max_keepalive_connections=0)  # nothing outlives the test's loop
            options["httpx_client"] = httpx.AsyncClient(
                verify=True if self.ca_file is None else trusting(self.ca_file),
                limits=limits,
                follow_redirects=True,
            )
        return client_class(base_url=self.url, api_key=self.api_key, **options)

    # what the assistant says and hears

    @property
    def script(self) -> Script:
        """What the assistant says in chats to come: add rules, or put another in its place."""
        return self._bridge.call(lambda: self.world.state(EviState).script)

    @script.setter
    def script(self, script: Script) -> None:
        self._bridge.call(lambda: setattr(self.world.state(EviState), "script", script))

    def use_script(self, name_or_content: str | Mapping[str, Any]) -> None:
        """A bundled script, a file's, or the content of one. Raises ScriptError."""
        from emulator.apis.evi.chat.script_file import load_script, read_script_file

        given = name_or_content
        content = read_script_file(given) if isinstance(given, str) else dict(given)
        self.script = load_script(content, given if isinstance(given, str) else "script")[0]

    def hear(self, *texts: str) -> None:
        """What the user says in the next audio turns."""
        self._bridge.call(lambda: self.world.state(EviState).heard.extend(texts))

    # chats

    def simulate(self, user: list[Any] | None = None, **scene: Any) -> ChatHandle:
        """Run a conversation (docs/scripts.md): as far as it goes by itself.

        `script` is a name, a file's path, a script's content or a Script; the other keys are
        those of a script. Raises ScriptError, and ApiError for what does not exist.
        """
        from emulator.apis.evi.chat.script_file import load_script, read_script_file
        from emulator.apis.evi.chat.simulation import new_scenario, simulate

        given = scene.pop("script", {})
        if user is not None:
            scene["user"] = user
        if isinstance(given, Script):
            user_side, loaded = load_script(scene)
            script = replace(given, user=user_side.user or given.user)
        else:
            content = read_script_file(given) if isinstance(given, str) else dict(given)
            name = given if isinstance(given, str) else "script"
            script, loaded = load_script({**content, **scene}, name)
        session = self._bridge.call(
            lambda: simulate(self.world, new_scenario(self.world, script, loaded))
        )
        return self._chat(session.chat_id)

    @property
    def chats(self) -> list[ChatHandle]:
        """All chats, in the order in which they began."""
        page = self._bridge.call(
            lambda: self.world.state(EviState).chats.page_of_chats(Paging(size=2**31)).items
        )
        return [self._chat(chat["id"]) for chat in page]

    def chat(self, id: str) -> ChatHandle:
        """One chat. Raises LookupError if there is none."""
        chat = self._bridge.call(lambda: self.world.state(EviState).chats.find_chat(id.lower()))
        if chat is None:
            raise LookupError(f"no chat {id!r} in this world; evi.chats has all")
        return self._chat(id.lower())

    def next_chat(self, timeout: float = DEFAULT_TIMEOUT_S) -> ChatHandle:
        """The next chat that a client opened, once it did: each is told once.

        Raises ExpectationFailed after `timeout` s.
        """
        return self._bridge.run(self._next_chat(timeout))

    async def anext_chat(self, timeout: float = DEFAULT_TIMEOUT_S) -> ChatHandle:
        """`next_chat` for async tests."""
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
            raise ExpectationFailed(explain(what, {}, [], entries, self._hint(entries)))
        self._chats_seen = found[0]["seq"]
        return self._chat(found[0]["chat_id"])

    def _hint(self, entries: list[JsonObject]) -> str:
        """Why there may be no chat."""
        for entry in reversed(entries):
            content = entry.get("content")
            if entry["kind"] == "frame" and entry["chat_id"] is None and isinstance(content, dict):
                return f"a client was refused: {content.get('message')}"
        return f"chats open at {self.ws_url}, with this world's key"

    def _chat(self, id: str) -> ChatHandle:
        return ChatHandle(id, self.world, self._bridge)

    # answers to order

    def stub(
        self,
        operation: str,
        status: int | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        check: bool = True,
    ) -> Stub:
        """The next answers of an operation, such as 'list-configs' (all of them: times=None).

        A stub that is not used up fails the test at its end. Raises ApiError for an unknown
        operation, or a body that the document does not allow (unless check is False).
        """
        return self._bridge.call(
            lambda: add_stub(
                self.world,
                self._app.by_id,
                operation,
                status,
                body,
                headers,
                times,
                check,
            )
        )

    def check_stubs(self) -> None:
        """Raise AssertionError if a stub was not used as often as it said."""
        unused = self._bridge.read(self._unused_stubs)
        if unused:
            raise AssertionError("stubs that nobody used: " + "; ".join(unused))

    def _unused_stubs(self) -> list[str]:
        return [
            f"{stub.operation} -> {stub.status}: used {stub.used} of {stub.times or 'any'} times"
            for stub in self.world.stubs
            if stub.is_unused
        ]

    @property
    def tool_call_patience_s(self) -> float | None:
        """Return how long a client may leave a tool call unanswered before its chat ends (s).

        None is for as long as it likes. A change concerns the calls that come.
        """
        return self._bridge.call(lambda: self._tool_calls.patience_s)

    @tool_call_patience_s.setter
    def tool_call_patience_s(self, patience_s: float | None) -> None:
        self._bridge.call(lambda: setattr(self._tool_calls, "patience_s", patience_s))

    def check_tool_calls(self) -> None:
        """Raise AssertionError if a chat was ended since a tool call was never answered."""
        given_up = self._bridge.read(lambda: list(self._tool_calls.given_up))
        if given_up:
            raise AssertionError("; ".join(given_up))

    def webhook_receiver(self) -> WebhookReceiver:
        """A URL on this machine that takes webhooks; it is closed with the world."""
        at_worlds_time = self.world.settings.webhook_time == "world"
        clock = BridgedClock(self.world, self._bridge) if at_worlds_time else SystemClock()
        return self._open.enter_context(WebhookReceiver(self.signing_key, clock))

    # the world as a whole

    def seed(self, seed: str | Mapping[str, Any]) -> None:
        """Begin again from another seed: its name, a file's path, or its content.

        Raises SeedError.
        """
        if isinstance(seed, str):
            loaded = self._load_seed(replace(self.world.settings, seed=seed))
        else:
            loaded = self._read_seed(seed)
        self._bridge.call(lambda: self.world.use_seed(loaded))

    def _read_seed(self, content: Mapping[str, Any]) -> Seed:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "seed.json"
            path.write_text(json.dumps(content))
            return self._app.seeds.load(str(path), self.world.settings)

    def reset(self) -> None:
        """Back to its seed; what is under way is gone."""
        self._bridge.call(self.world.reset)

    def snapshot(self) -> Snapshot:
        """All that it remembers now, for `restore`."""
        return self._bridge.call(self.world.snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """As it was then; what is under way now is gone."""
        self._bridge.call(lambda: self.world.restore(snapshot))

    def save(self, path: str | Path) -> None:
        """Write all that it remembers into a file, for `load` (docs/state.md).

        Raises OSError, and SnapshotError for what JSON can't hold.
        """
        write_whole(Path(path), document_parts(self.snapshot()), private=True)

    def load(self, path: str | Path) -> None:
        """As it was when the file was written; what is under way now is gone.

        Raises OSError, and SnapshotError for a damaged file, which changes nothing.
        """
        self.restore(self._app.snapshots.read(Path(path).read_bytes(), Path(path).name))

    def timeline(self) -> str:
        """What happened in it, a line for each journal entry."""
        return self.journal.timeline()

    def close(self) -> None:
        """The world is forgotten, its receivers are closed."""
        self._open.close()
        with suppress(RuntimeError):  # the server has ended before
            self._bridge.call(lambda: self._app.worlds.drop(self.world))


def _hume(name: str) -> Any:
    """A class of Hume's package, which is not needed otherwise."""
    try:
        import hume
    except ImportError:
        raise UsageError("Hume's client is not installed: pip install hume") from None
    return getattr(hume, name)


def _opens_a_chat(entry: JsonObject) -> bool:
    content = entry.get("content")
    return (
        isinstance(content, dict)
        and content["type"] == "chat_metadata"
        and not (entry.get("joined") or entry.get("simulated"))
    )
