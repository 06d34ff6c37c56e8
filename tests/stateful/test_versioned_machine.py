"""Configs, prompts and tools over REST behave as a plain model of dicts, whatever is called."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
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

settings.register_profile(
    "versioned",
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "versioned-ci", settings.get_profile("versioned"), derandomize=True, database=None
)
PROFILE = settings.get_profile("versioned-ci" if os.environ.get("CI") else "versioned")

KINDS = ("configs", "prompts", "tools")
KINDS_WITH_UNIQUE_NAMES = ("configs", "tools")
TEXT_FIELDS = {"prompts": "text", "tools": "description"}  # of a version, apart from configs

kinds = st.sampled_from(KINDS)
names = st.sampled_from(("Anna", "Bert", "Cora"))
texts = st.sampled_from(("", "one", "two"))
descriptions = st.none() | texts
picks = st.integers(0, 7)  # one of the resources that there are, counted around
places = st.sampled_from(("latest", "latest", "oldest", "deleted", "next", "negative"))
pages = st.fixed_dictionaries(
    {"page_size": st.integers(1, 4)},
    optional={"page_number": st.integers(0, 4), "restrict_to_most_recent": st.booleans()},
)
# How a config refers to a prompt or a tool: which, which of its versions, and whether to fix it.
references = st.tuples(picks, picks, st.booleans())

Pick = tuple[int, int, bool]


@dataclass
class Reference:
    """What a config keeps of a prompt or a tool; without a version it means the latest."""

    id: str
    version: int | None

    def to_json(self) -> Json:
        return {"id": self.id} if self.version is None else {"id": self.id, "version": self.version}


@dataclass
class Version:
    """What a version has of its own: a text, or in a config the references."""

    description: str | None
    text: str = ""
    prompt: Reference | None = None
    tools: list[Reference] = field(default_factory=list)


@dataclass
class Resource:
    """A config, prompt or tool: what all versions share, and the versions by number."""

    kind: str
    id: str
    name: str
    created_on: int
    versions: dict[int, Version]
    next_number: int = 1

    @property
    def path(self) -> str:
        return f"{self.kind}/{self.id}"

    def number(self, place: str) -> int:
        """The number of a version: one that is there, was there, or was never there."""
        deleted = set(range(self.next_number)) - self.versions.keys()
        return {
            "latest": max(self.versions),
            "oldest": min(self.versions),
            "deleted": max(deleted, default=self.next_number),
            "next": self.next_number,
            "negative": -1,
        }[place]


class VersionedMachine(RuleBasedStateMachine):
    """Each step acts on the emulator and on the model alike; after each, they must agree."""

    _runs = itertools.count()

    def __init__(self, app: App, portal: BlockingPortal) -> None:
        super().__init__()
        key = f"versioned-{next(self._runs)}"
        self.client = TestClient(app, headers={"X-Hume-Api-Key": key})
        self.client.portal = portal  # one loop for all requests, not one for each
        self.resources: list[Resource] = []  # oldest first
        self.gone: list[Resource] = []

    @initialize()
    def start_small(self) -> None:
        """Nothing of the seed, but a config that refers to a prompt and twice to a tool."""
        for kind in KINDS:
            for row in self.call("GET", f"{kind}?page_size=100")[f"{kind}_page"]:
                self.call("DELETE", f"{kind}/{row['id']}")
        self.create("prompts", "Anna", None, "one", None, [])
        self.create("tools", "Anna", "", "one", None, [])
        self.create("configs", "Anna", "", "", (0, 0, False), [(0, 0, False), (0, 0, True)])

    # What clients do.

    @rule(
        kind=kinds,
        name=names,
        description=descriptions,
        text=texts,
        prompt=st.none() | references,
        tools=st.lists(references, max_size=2),
    )
    def create(
        self,
        kind: str,
        name: str,
        description: str | None,
        text: str,
        prompt: Pick | None,
        tools: Sequence[Pick],
    ) -> None:
        version = self.version(kind, description, text, prompt, tools)
        body = {"name": name, **self.body(kind, version)}
        if self.is_taken(kind, name):
            self.refuse("POST", kind, 409, body)
            return
        answer = self.call("POST", kind, body, status=201)
        self.add_prompt_of(answer, version)
        resource = Resource(kind, answer["id"], name, answer["created_on"], {0: version})
        self.resources.append(resource)
        assert self.seen(kind, answer) == self.expected(resource, 0)

    @precondition(lambda self: self.resources)
    @rule(
        pick=picks,
        description=descriptions,
        text=texts,
        prompt=st.none() | references,
        tools=st.lists(references, max_size=2),
    )
    def create_version(
        self,
        pick: int,
        description: str | None,
        text: str,
        prompt: Pick | None,
        tools: Sequence[Pick],
    ) -> None:
        resource = self.pick(pick)
        version = self.version(resource.kind, description, text, prompt, tools)
        answer = self.call("POST", resource.path, self.body(resource.kind, version), status=201)
        self.add_prompt_of(answer, version)
        number = resource.next_number
        resource.versions[number] = version
        resource.next_number += 1
        assert self.seen(resource.kind, answer) == self.expected(resource, number)

    @precondition(lambda self: self.resources)
    @rule(pick=picks, name=names)
    def rename(self, pick: int, name: str) -> None:
        resource = self.pick(pick)
        if self.is_taken(resource.kind, name, by_other_than=resource):
            self.refuse("PATCH", resource.path, 409, {"name": name})
            return
        assert self.call("PATCH", resource.path, {"name": name}) == {}
        resource.name = name

    @precondition(lambda self: self.resources)
    @rule(pick=picks, place=places, description=descriptions)
    def describe(self, pick: int, place: str, description: str | None) -> None:
        resource, body = self.pick(pick), {"version_description": description}
        number = resource.number(place)
        path = f"{resource.path}/version/{number}"
        if number not in resource.versions:
            self.refuse("PATCH", path, 404, body)
            return
        answer = self.call("PATCH", path, body)
        resource.versions[number].description = description
        assert self.seen(resource.kind, answer) == self.expected(resource, number)

    @precondition(lambda self: self.resources)
    @rule(pick=picks, place=places)
    def get_version(self, pick: int, place: str) -> None:
        resource = self.pick(pick)
        number = resource.number(place)
        path = f"{resource.path}/version/{number}"
        if number not in resource.versions:
            self.refuse("GET", path, 404)
            return
        answer = self.call("GET", path)
        assert self.seen(resource.kind, answer) == self.expected(resource, number)

    @precondition(lambda self: self.resources)
    @rule(pick=picks, place=places)
    def delete_version(self, pick: int, place: str) -> None:
        resource = self.pick(pick)
        number = resource.number(place)
        path = f"{resource.path}/version/{number}"
        if number not in resource.versions:
            self.refuse("DELETE", path, 404)
            return
        assert self.call("DELETE", path) == {}
        del resource.versions[number]
        if not resource.versions:
            self.forget(resource)

    @precondition(lambda self: self.resources)
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        resource = self.pick(pick)
        assert self.call("DELETE", resource.path) == {}
        self.forget(resource)

    @rule(name=st.none() | names, page=pages)
    def list_resources(self, name: str | None, page: Json) -> None:
        query = page if name is None else {**page, "name": name}
        for kind in KINDS:
            same = [each for each in self.of_kind(kind) if name in (None, each.name)]
            self.check_page(kind, kind, query, same)

    @precondition(lambda self: self.resources)
    @rule(pick=picks, page=pages)
    def list_versions(self, pick: int, page: Json) -> None:
        resource = self.pick(pick)
        self.check_page(resource.kind, resource.path, page, [resource])

    @precondition(lambda self: self.gone)
    @rule(
        pick=picks,
        request=st.sampled_from(
            (
                ("GET", "", None),
                ("POST", "", {}),
                ("PATCH", "", {"name": "Anna"}),
                ("DELETE", "", None),
                ("GET", "/version/0", None),
                ("PATCH", "/version/0", {"version_description": ""}),
                ("DELETE", "/version/0", None),
            )
        ),
    )
    def use_a_deleted_one(self, pick: int, request: tuple[str, str, Json | None]) -> None:
        resource = self.gone[pick % len(self.gone)]
        method, below, body = request
        if method == "POST":
            body = self.body(resource.kind, Version(None))
        self.refuse(method, resource.path + below, 404, body)

    @precondition(lambda self: any(each.kind != "configs" for each in self.gone))
    @rule(pick=picks)
    def refer_to_a_deleted_one(self, pick: int) -> None:
        referable = [each for each in self.gone if each.kind != "configs"]
        self.refuse_reference(referable[pick % len(referable)], None)

    @precondition(lambda self: any(each.kind != "configs" for each in self.resources))
    @rule(pick=picks, place=places)
    def refer_to_a_version_that_is_not_there(self, pick: int, place: str) -> None:
        referable = [each for each in self.resources if each.kind != "configs"]
        resource = referable[pick % len(referable)]
        number = resource.number(place)
        if number not in resource.versions:
            self.refuse_reference(resource, number)

    # What holds after every step.

    @invariant()
    def every_version_of_every_resource_is_listed(self) -> None:
        for kind in KINDS:
            query = {"page_size": 100, "restrict_to_most_recent": False}
            self.check_page(kind, kind, query, self.of_kind(kind))

    @invariant()
    def every_response_conforms(self) -> None:
        assert conformance.violations == []

    # Requests.

    def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Json | None = None,
        status: int = 200,
    ) -> Json:
        response = self.client.request(method, f"/v0/evi/{path}", json=body, params=query)
        assert response.status_code == status, f"{method} {path} {body}: {response.text}"
        answer: Json = response.json()
        return answer

    def refuse(self, method: str, path: str, status: int, body: Json | None = None) -> None:
        assert self.call(method, path, body, status=status).keys() == {"error", "message", "code"}

    def refuse_reference(self, resource: Resource, number: int | None) -> None:
        reference = Reference(resource.id, number)
        version = Version(None)
        if resource.kind == "prompts":
            version.prompt = reference
        else:
            version.tools = [reference]
        self.refuse("POST", "configs", 400, {"name": "Dora", **self.body("configs", version)})

    def check_page(self, kind: str, path: str, query: Json, resources: list[Resource]) -> None:
        """The page asked for is that slice of the versions of `resources`, oldest first."""
        latest_only = query.get("restrict_to_most_recent", True)
        rows = [
            self.expected(resource, number)
            for resource in resources
            for number in sorted(resource.versions)
            if number == max(resource.versions) or not latest_only
        ]
        size, number = query["page_size"], query.get("page_number", 0)
        page = self.call("GET", path, query=query)
        items = [self.seen(kind, row) for row in page.pop(f"{kind}_page")]
        assert items == rows[number * size : (number + 1) * size]
        total_pages = (len(rows) + size - 1) // size
        assert page == {"page_number": number, "page_size": size, "total_pages": total_pages}

    def body(self, kind: str, version: Version) -> Json:
        """A body that asks for this version."""
        if kind == "prompts":
            return {"text": version.text, "version_description": version.description}
        if kind == "tools":
            return {
                "parameters": "{}",
                "description": version.text,
                "version_description": version.description,
            }
        body: Json = {
            "evi_version": "3",
            "tools": [tool.to_json() for tool in version.tools],
            "version_description": version.description,
        }
        if version.prompt is not None:
            body["prompt"] = version.prompt.to_json()
        elif version.text:
            body["prompt"] = {"text": version.text}
        return body

    # The model.

    def of_kind(self, kind: str) -> list[Resource]:
        return [each for each in self.resources if each.kind == kind]

    def pick(self, pick: int) -> Resource:
        return self.resources[pick % len(self.resources)]

    def forget(self, resource: Resource) -> None:
        self.resources.remove(resource)
        self.gone.append(resource)

    def is_taken(self, kind: str, name: str, by_other_than: Resource | None = None) -> bool:
        return kind in KINDS_WITH_UNIQUE_NAMES and any(
            each.name == name and each is not by_other_than for each in self.of_kind(kind)
        )

    def version(
        self,
        kind: str,
        description: str | None,
        text: str,
        prompt: Pick | None,
        tools: Sequence[Pick],
    ) -> Version:
        if kind != "configs":
            return Version(description, text)
        found = [self.reference("tools", tool) for tool in tools]
        return Version(
            description,
            text,
            None if prompt is None else self.reference("prompts", prompt),
            [reference for reference in found if reference is not None],
        )

    def reference(self, kind: str, pick: Pick) -> Reference | None:
        """A reference to something there is, if there is anything of that kind."""
        which, version, is_fixed = pick
        resources = self.of_kind(kind)
        if not resources:
            return None
        resource = resources[which % len(resources)]
        known = sorted(resource.versions)
        return Reference(resource.id, known[version % len(known)] if is_fixed else None)

    def add_prompt_of(self, config: Json, version: Version) -> None:
        """The text of a config's prompt has become a prompt, which the config refers to."""
        if "evi_version" in config and version.text and version.prompt is None:
            made = config["prompt"]
            prompt = Version("", version.text)
            self.resources.append(
                Resource("prompts", made["id"], made["name"], made["created_on"], {0: prompt})
            )
            version.prompt = Reference(made["id"], 0)

    def expected(self, resource: Resource, number: int) -> Json:
        """What a response must show of a version."""
        version = resource.versions[number]
        common = {
            "id": resource.id,
            "name": resource.name,
            "version": number,
            "created_on": resource.created_on,
            "version_description": version.description,
        }
        if resource.kind != "configs":
            return {**common, TEXT_FIELDS[resource.kind]: version.text}
        tools = [self.referred(tool) for tool in version.tools]
        prompt = None if version.prompt is None else self.referred(version.prompt)
        return {**common, "prompt": prompt, "tools": [tool for tool in tools if tool is not None]}

    def referred(self, reference: Reference) -> Json | None:
        """The prompt or tool as a config shows it; nothing if that was deleted."""
        resource = next((each for each in self.resources if each.id == reference.id), None)
        if resource is None:
            return None
        is_latest = reference.version is None
        number = max(resource.versions) if reference.version is None else reference.version
        if number not in resource.versions:
            return None
        version_type = "LATEST" if is_latest else "FIXED"
        return {**self.expected(resource, number), "version_type": version_type}

    def seen(self, kind: str, row: Json) -> Json:
        """What a response shows, as far as the model knows about it."""
        common = ("id", "name", "version", "created_on", "version_description")
        shown = {key: row[key] for key in common}
        if kind != "configs":
            return {**shown, TEXT_FIELDS[kind]: row[TEXT_FIELDS[kind]]}
        return {
            **shown,
            "prompt": self.seen_reference("prompts", row["prompt"]) if "prompt" in row else None,
            "tools": [self.seen_reference("tools", tool) for tool in row["tools"]],
        }

    def seen_reference(self, kind: str, row: Json) -> Json:
        return {**self.seen(kind, row), "version_type": row["version_type"]}


@pytest.mark.slow
def test_versioned_resources_follow_the_model(app: App) -> None:
    """Versions, names, lists and references of configs agree with the model after every step."""
    with start_blocking_portal() as portal:
        run_state_machine_as_test(
            lambda: VersionedMachine(app, portal),  # type: ignore[arg-type]  # it takes a factory
            settings=PROFILE,
        )
