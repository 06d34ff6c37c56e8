"""A test's handle on one world."""

import json
import os
import ssl
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache, partial
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from emulator.actions import add_stub
from emulator.api import fault_names, new_handles
from emulator.apis.evi.testing.handle import EviHandle
from emulator.apis.evi.testing.tool_calls import unanswered_calls
from emulator.apis.expression.testing.handle import ExpressionHandle
from emulator.apis.phone.testing.handle import CallHandle, PhoneHandle
from emulator.apis.tts.testing.handle import TtsHandle
from emulator.atomic import write_whole
from emulator.clock import SystemClock
from emulator.errors import UsageError
from emulator.handles.bridge import Bridge
from emulator.handles.leftovers import STUB, leftovers, unused_stubs
from emulator.handles.listing import Listing
from emulator.handles.tracebacks import ShortTraceback, is_on_purpose
from emulator.jsontext import Json, JsonObject
from emulator.ready import trusting
from emulator.settings import CA_FILE_ENV, Settings
from emulator.store.stubs import Stub, StubCallable
from emulator.testing.clock import BridgedClock, ClockHandle
from emulator.testing.contract import ContractHandle
from emulator.testing.faults import FaultsHandle
from emulator.testing.interception import SetsAttributes, redirect_here
from emulator.testing.journal import JournalHandle
from emulator.testing.receiver import WebhookReceiver
from emulator.testing.webhooks import WebhooksHandle
from emulator.web.app import App
from emulator.world.snapshot import Seed, Snapshot
from emulator.world.snapshot_document import document_parts
from emulator.world.world import World

__tracebackhide__ = is_on_purpose

_CLIENT_TIMEOUT_S = 60  # as Hume's own has
_CA_FILE_VARIABLES = (
    CA_FILE_ENV,  # the emulator's commands
    "SSL_CERT_FILE",  # OpenSSL, and so most of Python
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)

LoadSeed = Callable[[Settings], Seed]


class Evi(EviHandle):
    """A world: its own API key, data, time, script, webhooks. Nothing leaks to another.

    What concerns EVI is inherited from its folder; any other API that brings a handle has it here
    under the API's name. `world` is what it is a handle of; it belongs to the server's thread.
    """

    voices: Listing  # the account's custom voices
    tts: TtsHandle
    phone: PhoneHandle
    expression: ExpressionHandle

    def __init__(
        self,
        world: World,
        app: App,
        bridge: Bridge,
        url: str,
        load_seed: LoadSeed,
        ca_file: str | None = None,
    ) -> None:
        super().__init__(world, url, app.validation, bridge)
        self.api_key = world.api_key
        self.ca_file = ca_file  # what clients are to trust, if the server has TLS
        self._app = app
        self._load_seed = load_seed
        self._open = ExitStack()  # what is to be closed with it
        self.journal = JournalHandle(world, partial(unanswered_calls, world), bridge)
        self.clock = ClockHandle(world, bridge)
        self.faults = FaultsHandle(world, app.validation, fault_names(app.apis), bridge)
        self.webhooks = WebhooksHandle(world, app.validation, self.faults, bridge)
        self.contract = ContractHandle(world, app, bridge)
        for name, handle in new_handles(app.apis, world, bridge).items():
            assert not hasattr(self, name), f"an API can't be called {name!r}: Evi has a {name}"
            setattr(self, name, handle)

    def __repr__(self) -> str:
        return f"<Evi {self.url} {self.api_key}>"

    # how to reach it

    @property
    def inspector_url(self) -> str:
        """Return the URL of the page that shows this world, with its key in the fragment.

        Browsers send no fragments.
        """
        return f"{self.url}/_emulator/#{urlencode({'key': self.api_key})}"

    @property
    def signing_key(self) -> str:
        """Return the key that its webhooks are signed with."""
        return self._bridge.call(lambda: self.world.outbox.key)

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of a child process: this one's, and where the emulator is."""
        return {
            **os.environ,
            "HUME_API_KEY": self.api_key,
            "HUME_BASE_URL": self.url,
            "HUME_WEBHOOK_SIGNING_KEY": self.signing_key,
            **({} if self.ca_file is None else dict.fromkeys(_CA_FILE_VARIABLES, self.ca_file)),
        }

    def client(self, **options: Any) -> Any:
        """Return Hume's client, pointed at this world. Needs the package `hume`."""
        client_class = _hume("HumeClient")
        if "httpx_client" not in options:
            timeout = options.get("timeout")
            options["httpx_client"] = _httpx().Client(
                verify=self._trust(),
                follow_redirects=bool(options.get("follow_redirects", True)),
                timeout=_CLIENT_TIMEOUT_S if timeout is None else timeout,
            )
        client = client_class(base_url=self.url, api_key=self.api_key, **options)
        with suppress(AttributeError):  # it has no close of its own
            self._open.callback(client._client_wrapper.httpx_client.httpx_client.close)
        return client

    def async_client(self, **options: Any) -> Any:
        """Return Hume's async client, pointed at this world. Needs the package `hume`."""
        client_class = _hume("AsyncHumeClient")
        if "httpx_client" not in options:
            httpx = _httpx()
            limits = httpx.Limits(max_keepalive_connections=0)  # nothing outlives the test's loop
            options["httpx_client"] = httpx.AsyncClient(
                verify=self._trust(), limits=limits, follow_redirects=True
            )
        return client_class(base_url=self.url, api_key=self.api_key, **options)

    def patch_hume(self, monkeypatch: SetsAttributes) -> None:
        """Lead what this process sends to api.hume.ai to this world, until the test ends.

        For code under test that makes Hume's client without a `base_url`, or names the host:
        docs/unchanged-apps.md. An API key is replaced by this world's. If several worlds ask, the
        last that asked gets the requests. `monkeypatch` is pytest's fixture.
        """
        redirect_here(self.url, self.api_key, self.ca_file, monkeypatch)

    def _trust(self) -> ssl.SSLContext:
        """Return the TLS context of a client: its own CA's, or the one that clients share."""
        return _default_trust() if self.ca_file is None else trusting(self.ca_file)

    # phone calls

    def call(
        self, url: str | None = None, user: Sequence[str | JsonObject] = (), **options: Any
    ) -> CallHandle:
        """Place a phone call, and return it once it is over: see PhoneHandle.call."""
        return self.phone.call(url, user, **options)

    async def acall(
        self, url: str | None = None, user: Sequence[str | JsonObject] = (), **options: Any
    ) -> CallHandle:
        """Place a phone call as `call` does, in an async test."""
        return await self.phone.acall(url, user, **options)

    # answers to order

    def stub(
        self,
        operation: str,
        status: int | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        check: bool = True,
        match: Mapping[str, Any] | None = None,
        answer: StubCallable | None = None,
    ) -> Stub:
        """Set the next answers of an operation, such as 'list-configs' (all of them: times=None).

        `match` says for which requests, by some of their path, query, headers and JSON body:
        {"query": {"name": "Ava"}, "body": {"evi_version": "3"}}. `answer` is called with each
        request, in a thread, and returns a body, a status, (status, body) or (status, body,
        headers); what it raises fails the test. A stub that is not used up fails the test at its
        end. Raises ApiError for an unknown operation, or a body that the document does not allow
        (unless check is False).
        """
        if answer is not None and (not callable(answer) or iscoroutinefunction(answer)):
            raise UsageError(f"answer must be a function that is not async, got {answer!r}")
        if answer is not None and body is not None:
            raise UsageError("a stub has a body or an answer: leave out one of them")
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
                match,
                answer,
            )
        )

    def check_stubs(self) -> None:
        """Raise AssertionError if a callable has raised, or a stub was not used as it said."""
        errors = self.stub_errors()
        if errors:
            told = f"{type(errors[0]).__name__}: {errors[0]}"
            raise AssertionError(f"the callable of a stub raised {told}") from errors[0]
        unused = self._bridge.read(lambda: unused_stubs(self.world))
        if unused:
            raise AssertionError("stubs that nobody used: " + "; ".join(unused))

    def stub_errors(self) -> list[BaseException]:
        """Return what the callables of stubs have raised."""
        return self._bridge.read(
            lambda: [stub.error for stub in self.world.stubs if stub.error is not None]
        )

    def check_unused(self) -> None:
        """Raise AssertionError if a rule of its script or a fault was never used, or a turn missed.

        Rules count that were added to the world, or given to `simulate`; of faults, those without
        a probability. A turn is missed if no rule of a script matches it, and no model answers it.
        """
        left = self._bridge.read(lambda: leftovers(self.world))
        told = [each.message for each in left if each.kind != STUB]
        if told:
            raise AssertionError("set up for nothing, or missed: " + "; ".join(told))

    def webhook_receiver(self) -> WebhookReceiver:
        """Return a receiver of webhooks on this machine; it is closed with the world."""
        at_worlds_time = self.world.settings.webhook_time == "world"
        clock = BridgedClock(self.world, self._bridge) if at_worlds_time else SystemClock()
        return self._open.enter_context(WebhookReceiver(self.signing_key, clock))

    # the world as a whole

    def seed(self, seed: str | Mapping[str, Any]) -> None:
        """Start over from another seed: its name, a file's path, or its content.

        Raises SeedError.
        """
        with ShortTraceback():
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
        """Reset the world to its seed. Live chats end, and pending webhooks are cancelled."""
        self._bridge.call(self.world.reset)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the world, for `restore`."""
        return self._bridge.call(self.world.snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """Load a snapshot into the world. Live chats end, and pending webhooks are cancelled."""
        self._bridge.call(lambda: self.world.restore(snapshot))

    def save(self, path: str | Path) -> None:
        """Write a snapshot of the world into a file, for `load` (docs/state.md).

        Raises OSError, and SnapshotError for what JSON can't hold.
        """
        write_whole(Path(path), document_parts(self.snapshot()), private=True)

    def load(self, path: str | Path) -> None:
        """Load the snapshot in a file. Live chats end, and pending webhooks are cancelled.

        Raises OSError, and SnapshotError for a damaged file, which changes nothing.
        """
        with ShortTraceback():
            snapshot = self._app.snapshots.read(Path(path).read_bytes(), Path(path).name)
        self.restore(snapshot)

    def timeline(self) -> str:
        """Return the timeline of the world, a line for each journal entry."""
        return self.journal.timeline()

    def close(self) -> None:
        """Forget the world, and close its receivers."""
        self._open.close()
        with suppress(RuntimeError):  # the server has ended before
            self._bridge.call(lambda: self._app.worlds.drop(self.world))


def _httpx() -> Any:
    """Return the package that Hume's is made on."""
    import httpx  # no other part of the emulator needs it

    return httpx


@cache
def _default_trust() -> ssl.SSLContext:
    """Return httpx's own TLS context, made once: it takes 20 ms, which each client would spend."""
    context: ssl.SSLContext = _httpx().create_ssl_context()
    return context


def _hume(name: str) -> Any:
    """Return a class of Hume's package, which is not needed otherwise."""
    try:
        import hume
    except ImportError:
        raise UsageError("Hume's client is not installed: pip install hume") from None
    return getattr(hume, name)
