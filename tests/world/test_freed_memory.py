"""Memory of dropped worlds goes back to the operating system."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from emulator.web.app import App
from emulator.world import freed_memory
from emulator.world.freed_memory import FreedMemory, find_trim


def test_it_is_given_back_once_for_many_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(freed_memory, "_WAIT_S", 0)

    async def drop_worlds(memory: FreedMemory) -> None:
        is_given = asyncio.Event()

        def trim(kept: int) -> None:
            given.append(kept)
            is_given.set()

        monkeypatch.setattr(freed_memory, "find_trim", lambda: trim)
        for _ in range(3):
            memory.return_soon()
        await is_given.wait()

    memory = FreedMemory()
    asyncio.run(drop_worlds(memory))
    asyncio.run(drop_worlds(memory))
    assert given == [0, 0]


def test_without_an_event_loop_nothing_is_planned() -> None:
    memory = FreedMemory()
    memory.return_soon()
    assert memory._handle is None


def test_a_c_library_that_can_not_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as musl's: nothing happens."""
    monkeypatch.setattr(freed_memory, "find_trim", lambda: None)
    FreedMemory()._return()
    trim = find_trim()
    assert trim is None or trim(0) in (0, 1)


@pytest.mark.parametrize("drop", ["over HTTP", "by expiry"])
def test_dropped_worlds_plan_it(client: TestClient, app: App, api_key: str, drop: str) -> None:
    planned: list[Callable[[], None]] = []
    app.worlds.freed_memory.return_soon = lambda: planned.append(print)  # type: ignore[method-assign]
    try:
        client.get("/v0/evi/configs")
        if drop == "over HTTP":
            client.delete("/_emulator/world")
        else:
            app.worlds.expire(app.worlds.get(api_key), 60)
        assert len(planned) == 1
    finally:
        app.worlds.freed_memory = FreedMemory()
