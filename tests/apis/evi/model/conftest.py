"""What tests of language models share: a server, and chats whose config names it."""

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.testing.world import Evi
from tests.apis.evi.model.server import ModelServer
from tests.testing.talking import http


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A server of a custom language model."""
    with ModelServer().serving() as server:
        yield server


def new_config(evi: Evi, url: str, **more: Any) -> str:
    """Create a config that names a custom language model; return its id."""
    body = {
        "evi_version": "3",
        "name": f"model {len(evi.configs.all())}" if hasattr(evi.configs, "all") else "model",
        "language_model": {"model_provider": "CUSTOM_LANGUAGE_MODEL", "model_resource": url},
        **more,
    }
    with http(evi) as client:
        answer = client.post("/v0/evi/configs", json=body)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id
