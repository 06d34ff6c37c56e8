"""`evi.clm_check`: the check of a custom language model as an assertion."""

import asyncio

import pytest

from emulator.errors import UsageError
from emulator.testing.world import Evi
from tests.apis.evi.model.check.servers import PATH, hello, refusing, served, serving, streaming


def test_a_good_server(evi: Evi) -> None:
    """The results come back; nothing of it is in the world's journal."""
    with served(streaming(hello)) as address:
        results = evi.clm_check(f"http://{address}{PATH}", cases=["typed", "spoken"])
    assert [(each.name, each.level) for each in results] == [("typed", "pass"), ("spoken", "pass")]
    assert list(evi.journal.entries(kind="model")) == []


def test_a_bad_server(evi: Evi) -> None:
    """The error has the cases that failed, and what to do."""
    handler = refusing(400, lambda body: body["messages"][0]["role"] == "assistant")
    with served(handler) as address, pytest.raises(AssertionError) as raised:
        evi.clm_check(f"http://{address}{PATH}", cases=["typed", "assistant_first"])
    message = str(raised.value)
    assert message.startswith(f"http://{address}{PATH}: 1 of 2 cases failed\n")
    assert "sends a history that begins with the assistant" in message
    assert "got status 400: refused: 400" in message
    assert "every order of roles" in message
    assert "typed" not in message


def test_in_the_loop_of_a_test(evi: Evi) -> None:
    """The server may be in the loop that waits."""

    async def run() -> None:
        async with serving(streaming(hello)) as address:
            [result] = await evi.aclm_check(f"http://{address}{PATH}", cases=["typed"])
            assert result.first_token_ms is not None

    asyncio.run(run())


@pytest.mark.evi(call_hosts_only=True)
def test_the_worlds_settings_count(evi: Evi) -> None:
    """A host that they forbid is not called."""
    with pytest.raises(UsageError, match="--call-hosts-only forbids others"):
        evi.clm_check("http://127.0.0.1:9/chat/completions")
