"""How a generated suite tests: it calls with an id in a header, and asks how often that arrived."""

from collections.abc import Callable
from typing import Any

import httpx
from hume import HumeClient

from emulator.server import Server


def times(
    server: Server, test_id: str, pattern: dict[str, Any], call: Callable[[HumeClient], Any]
) -> int:
    """Return how many requests of a call fit a pattern."""
    with httpx.Client(trust_env=False) as http:
        client = HumeClient(
            base_url=server.url,
            api_key="the suite's",
            headers={"X-Test-Id": test_id},
            httpx_client=http,
        )
        call(client)
        own = {**pattern, "headers": {"X-Test-Id": {"equalTo": test_id}}}
        answer = http.post(f"{server.url}/__admin/requests/find", json=own)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["requests"])
