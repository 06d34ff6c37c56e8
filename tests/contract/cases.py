"""Cases of the table, as the tests of both languages run them: the steps around a call, and what
is to be said of it.
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import connect

from conformance.requests import request_of, sent_wrongly
from conformance.table import NOBODY, Case, all_operations
from conformance.values import differences, resolve

Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a client's call came to: a value, or an error with the name of its class."""

    value: Any = None
    error: str | None = None
    status: int | None = None  # of the error
    body: Any = None


@dataclass
class Stage:
    """The world of one case: what its steps have answered, and the sockets that they opened."""

    remote: httpx.Client
    key: str  # the client's
    names: Json = field(default_factory=lambda: {"nobody": NOBODY})
    sockets: ExitStack = field(default_factory=ExitStack)

    def take(self, steps: Sequence[Json]) -> None:
        """Do the steps, and check what they say must come back."""
        for step in steps:
            answer = self._do(step)
            problems = differences(resolve(step.get("returns"), self.names), answer)
            assert "returns" not in step or problems == [], f"{step}: {problems}"
            if "as" in step:
                self.names[step["as"]] = answer

    def _do(self, step: Json) -> Any:
        if "connect" in step:
            return self._connect(resolve(step["connect"], self.names))
        if "advance" in step:
            body = {"seconds": step["advance"]}
            return _answer(self.remote.post("/_emulator/clock/advance", json=body), 200)
        if "simulate" in step:
            body = resolve(step["simulate"], self.names)
            return _answer(self.remote.post("/_emulator/simulate", json=body), 200)
        operation = all_operations()[step["operation"]]
        arguments = resolve(step.get("arguments", {}), self.names)
        request = request_of(operation, arguments)
        response = self.remote.request(
            request.method, request.path, params=request.query, json=request.body
        )
        return _answer(response, step.get("status", operation.success_status))

    def _connect(self, query: Json) -> Json:
        """Open a chat, which stays open. Returns its chat_metadata."""
        key = self.remote.headers["X-Hume-Api-Key"]
        url = self.remote.base_url.copy_with(scheme="ws", path="/v0/evi/chat")
        url = url.copy_merge_params({"api_key": key, **query})
        socket = self.sockets.enter_context(connect(str(url), proxy=None))
        metadata: Json = json.loads(socket.recv(timeout=10))
        return metadata

    @property
    def url(self) -> str:
        return str(self.remote.base_url).rstrip("/")

    @property
    def seq(self) -> int:
        """The number of the newest entry of the journal."""
        entries = self._journal()
        return int(entries[-1]["seq"]) if entries else 0

    def frames_since(self, seq: int) -> list[Any]:
        """Return the messages that a client has sent on a socket."""
        entries = self._journal(kind="frame", after=seq)
        return [entry["content"] for entry in entries if entry["direction"] == "in"]

    def requests_since(self, seq: int) -> list[Json]:
        return self._journal(kind="http", after=seq)

    def _journal(self, **query: Any) -> list[Json]:
        answer = self.remote.get("/_emulator/journal", params=query)
        entries: list[Json] = answer.raise_for_status().json()["entries"]
        return entries


def _answer(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def judge(
    case: Case, language: str, names: Json, outcome: Outcome, requests: Sequence[Json]
) -> list[str]:
    """What is not as the case says; nothing, where all is."""
    arguments = resolve(case.arguments, names)
    problems = _wrong_outcome(case, language, names, outcome)
    if case.status != 401:  # nobody's world is told of these
        problems += [
            f"/status: expected {case.status}, got {entry['status']}"
            for entry in requests
            if entry["status"] != case.status
        ]
        problems += sent_wrongly(case, language, arguments, requests)
    return problems


def _wrong_outcome(case: Case, language: str, names: Json, outcome: Outcome) -> list[str]:
    expected = resolve(case.returns, names)
    if case.succeeds:
        if outcome.error is not None:
            return [f"/: expected an answer, got {outcome.error}: {outcome.body}"]
        return differences(expected, outcome.value) if case.checks_value else []
    told = json.dumps(outcome.body, ensure_ascii=False)
    problems = differences(
        {"error": case.call.errors[case.status][language], "status": case.status},
        {"error": outcome.error, "status": outcome.status},
    )
    if case.checks_value:
        problems += differences(expected, outcome.body)
    words = [resolve(word, names) for word in case.says]
    return problems + [f"/message: {word!r} is not in {told}" for word in words if word not in told]


def settle(case: Case, language: str, problems: Sequence[str]) -> bool:
    """Whether the call went as the case says. Fails where it should have, and where it could not.

    A call that a client cannot make must go wrong; if it doesn't, the table is wrong.
    """
    if language in (case.cannot or {}):
        assert problems, f"{language} can do it; take `cannot` out of the table"
        return False
    assert not problems, "\n".join(problems)
    return True
