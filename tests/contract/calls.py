"""The vendor's two clients under one face, and the three kinds of versioned resources.

`sync_client` and `async_client` open the unmodified `HumeClient` and `AsyncHumeClient`. The async
one is wrapped so that it waits for its answers: one test, written once, drives both.
"""

import asyncio
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import httpx
from hume import AsyncHumeClient, HumeClient
from hume.empathic_voice.client import EmpathicVoiceClient

T = TypeVar("T")


@contextmanager
def sync_client(url: str, api_key: str | None) -> Iterator[HumeClient]:
    """A `HumeClient`."""
    with httpx.Client(verify=False, trust_env=False) as http:
        yield HumeClient(base_url=url, api_key=api_key, httpx_client=http)


@contextmanager
def async_client(url: str, api_key: str | None) -> Iterator[HumeClient]:
    """An `AsyncHumeClient` that is used like a `HumeClient`."""
    http = httpx.AsyncClient(verify=False, trust_env=False)
    with asyncio.Runner() as runner:
        try:
            client = AsyncHumeClient(base_url=url, api_key=api_key, httpx_client=http)
            yield cast(HumeClient, _Waiting(client, runner))
        finally:
            runner.run(http.aclose())


class _Waiting:
    """A part of the async client: what it returns has been awaited, what it yields collected."""

    def __init__(self, part: Any, runner: asyncio.Runner) -> None:
        self._part = part
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return self._answer(getattr(self._part, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer(self._part(*args, **kwargs))

    def __iter__(self) -> Iterator[Any]:
        return map(self._answer, self._runner.run(_collect(self._part)))

    def _answer(self, value: Any) -> Any:
        if inspect.iscoroutine(value):
            value = self._runner.run(value)
        return _Waiting(value, self._runner) if _is_async_part(value) else value


def _is_async_part(value: object) -> bool:
    """Whether it is a method, an async client, pager or generator, rather than data."""
    is_named_so = type(value).__name__.startswith("Async")
    return is_named_so or callable(value) or isinstance(value, AsyncIterator)


async def _collect(items: AsyncIterable[T]) -> list[T]:
    return [item async for item in items]


@dataclass(frozen=True, eq=False)
class Kind:
    """Configs, prompts or tools: the name in method names, and two different bodies."""

    name: str
    first: Mapping[str, Any]
    second: Mapping[str, Any]


CONFIG = Kind(
    "config",
    {"evi_version": "3", "version_description": "the first"},
    {"evi_version": "4-mini", "version_description": "the second"},
)
PROMPT = Kind(
    "prompt",
    {"text": "Be brief.", "version_description": "the first"},
    {"text": "Be kind.", "version_description": "the second"},
)
TOOL = Kind(
    "tool",
    {
        "parameters": '{"type": "object", "properties": {}}',
        "description": "Tells the time.",
        "fallback_content": "It is late.",
        "version_description": "the first",
    },
    {
        "parameters": '{"type": "object"}',
        "description": "Tells the date.",
        "fallback_content": "It is a Monday.",
        "version_description": "the second",
    },
)
KINDS = (CONFIG, PROMPT, TOOL)


class Collection:
    """All resources of one kind: operations on them under one set of names."""

    def __init__(self, evi: EmpathicVoiceClient, kind: Kind) -> None:
        self._api = getattr(evi, kind.name + "s")
        self._name = kind.name

    def create(self, name: str, **body: Any) -> Any:
        return self._method("create_{}")(name=name, **body)

    def pager(self, **query: Any) -> Any:
        return self._method("list_{}s")(**query)

    def version_pager(self, id: str, **query: Any) -> Any:
        return self._method("list_{}_versions")(id, **query)

    def add_version(self, id: str, **body: Any) -> Any:
        return self._method("create_{}_version")(id, **body)

    def delete(self, id: str) -> Any:
        return self._method("delete_{}")(id)

    def version(self, id: str, number: int) -> Any:
        return self._method("get_{}_version")(id, number)

    def _method(self, template: str) -> Any:
        return getattr(self._api, template.format(self._name))
