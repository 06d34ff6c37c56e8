"""Configs, prompts and tools over REST behave as a plain model of dicts does, whatever happens."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from starlette.testclient import TestClient

from emulator.web.app import App
from tests import conformance

Json = dict[str, Any]

settings.register_profile("machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "machine-ci", settings.get_profile("machine"), derandomize=True, database=None
)
PROFILE = settings.get_profile("machine-ci" if os.environ.get("CI") else "machine")

KINDS = ("configs", "prompts", "tools")
UNIQUE = ("configs", "tools")
NAMES = ("Anna", "Bert", "Cora")
TEXTS = ("", "one", "two")

kinds = st.sampled_from(KINDS)
names = st.sampled_from(NAMES)
texts = st.sampled_from(TEXTS)
picks = st.integers(0, 5)  # which of the resources there are, counted around
numbers = st.integers(0, 4)  # of versions: most exist, or did
pages = st.fixed_dictionaries(
    {"page_size": st.integers(1, 4)},
    optional={"page_number": st.integers(0, 4), "restrict_to_most_recent": st.booleans()},
)
# A reference of a config: which prompt or tool, and whether to its version of the moment.
references = st.tuples(picks, st.booleans())


@dataclass
class Reference:
    """What a config version keeps of a prompt or a tool; without a version, the latest."""

    id: str
    version: int | None


@dataclass
class Version:
    """What is particular to a version: its description, and one text, or a config's references."""

    description: str | None
    text: str = ""
    prompt: Reference | None = None
    tools: list[Reference] = field(default_factory=list)


@dataclass
class Resource:
    id: str
    name: str
    created_on: int
    versions: dict[int, Version]
    next_number: int = 1

    @property
    def latest(self) -> int:
        return max(self.versions)


class VersionedMachine(RuleBasedStateMachine):
    """Every step acts on the emulator and on the model; after it, all lists must agree."""

    _runs = itertools.count()

    def __init__(self, app: App) -> None:
        super().__init__()
        key = f"versioned-{next(self._runs)}"
        self.client = TestClient(app, headers={"X-Hume-Api-Key": key})
        self.model: dict[str, list[Resource]] = {kind: [] for kind in KINDS}  # oldest first
        self.gone: dict[str, list[str]] = {kind: [] for kind in KINDS}

    # requests

    def call(self, method: str, path: str, status: int, body: Json | None = None) -> Json:
        response = self.client.request(method, f"/v0/evi/{path}", json=body)
        assert response.status_code == status, f"{method} {path} {body}: {response.text}"
        answer: Json = response.json()
        return answer

    def fetch(self, path: str, **query: object) -> Json:
        text = {
            key: str(value).lower() if value in (True, False) else value
            for key, value in query.items()
        }
        response = self.client.get(f"/v0/evi/{path}", params=text)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    # the model

    def pick(self, kind: str, pick: int) -> Resource:
        return self.model[kind][pick % len(self.model[kind])]

    def find(self, kind: str, id: str) -> Resource | None:
        return next((each for each in self.model[kind] if each.id == id), None)
