"""Versioned resources: what configs, prompts and tools have in common.

Facts: docs/protocol.md#versions.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace

from emulator.jsontext import JsonObject
from emulator.store.overlay import Index, Overlay
from emulator.store.paging import Page, Paging, page_of


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its number from 0, its own content, and when it was made (ms)."""

    number: int
    content: JsonObject
    modified_on: int


@dataclass(frozen=True, slots=True)
class Resource:
    """One config, prompt or tool with its versions (at least one), oldest first."""

    id: str
    name: str
    created_on: int
    position: int  # in the order of creation, from 0
    next_number: int  # so that no number is used twice
    versions: tuple[Version, ...]

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def find_version(self, number: int) -> Version | None:
        place = bisect_left(self.versions, number, key=lambda version: version.number)
        found = self.versions[place : place + 1]
        return found[0] if found and found[0].number == number else None


Row = tuple[Resource, Version]


class VersionedCollection:
    """All resources of one kind. Lists are in the order of creation, oldest first."""

    def __init__(self) -> None:
        self._resources: Overlay[str, Resource] = Overlay()
        self._names: Index[str | None] = Index()  # (position, id) by name, and under None all
        self._versions: Index[None] = Index()  # (position, number, id)
        self._position = 0

    def fork(self) -> "VersionedCollection":
        """Return an equal collection, at no cost; later changes to either stay there."""
        copy = VersionedCollection()
        copy._resources = self._resources.fork()
        copy._names = self._names.fork()
        copy._versions = self._versions.fork()
        copy._position = self._position
        return copy

    def same_as(self, fork: "VersionedCollection") -> bool:
        """True if neither has changed since one was forked from the other."""
        return self._resources.same_as(fork._resources)

    def all(self) -> list[Resource]:
        """Return every resource, in the order of creation."""
        return [self._resources[id] for _, id in self._names.get(None)]

    def find(self, id: str) -> Resource | None:
        return self._resources.get(id)

    def find_name(self, name: str) -> Resource | None:
        """Return the oldest resource of that name."""
        entries = self._names.get(name)
        return self._resources[entries[0][1]] if entries else None

    def create(self, id: str, name: str, content: JsonObject, now_ms: int) -> Resource:
        """Create a resource with version 0."""
        version = Version(0, content, now_ms)
        return self._insert(Resource(id, name, now_ms, self._position, 1, (version,)))

    def add(self, resource: Resource) -> Resource:
        """Add a resource that existed before, with all its versions; it comes last."""
        return self._insert(replace(resource, position=self._position))

    def _insert(self, resource: Resource) -> Resource:
        self._position += 1
        self._resources[resource.id] = resource
        entry = resource.position, resource.id
        self._names.add(None, entry)
        self._names.add(resource.name, entry)
        for version in resource.versions:
            self._versions.add(None, _version_entry(resource, version))
        return resource

    def add_version(self, resource: Resource, content: JsonObject, now_ms: int) -> Resource:
        """Add a version under the next number, and return the resource."""
        version = Version(resource.next_number, content, now_ms)
        self._versions.add(None, _version_entry(resource, version))
        return self._replace(
            resource, versions=(*resource.versions, version), next_number=version.number + 1
        )

    def rename(self, resource: Resource, name: str) -> Resource:
        """Rename the resource in all its versions, and return it."""
        self._names.remove(resource.name, (resource.position, resource.id))
        self._names.add(name, (resource.position, resource.id))
        return self._replace(resource, name=name)

    def describe(self, resource: Resource, version: Version, description: str | None) -> Version:
        """Replace a version's description, and return the version."""
        described = replace(
            version, content={**version.content, "version_description": description}
        )
        versions = tuple(described if each is version else each for each in resource.versions)
        self._replace(resource, versions=versions)
        return described

    def delete(self, resource: Resource) -> None:
        """Remove the resource with all its versions."""
        del self._resources[resource.id]
        for key in (None, resource.name):
            self._names.remove(key, (resource.position, resource.id))
        for version in resource.versions:
            self._versions.remove(None, _version_entry(resource, version))

    def delete_version(self, resource: Resource, version: Version) -> None:
        """Remove one version, and the resource too if it was the last one."""
        if len(resource.versions) == 1:
            return self.delete(resource)
        self._versions.remove(None, _version_entry(resource, version))
        versions = tuple(each for each in resource.versions if each is not version)
        self._replace(resource, versions=versions)

    def page(self, paging: Paging, latest_only: bool, name: str | None = None) -> Page[Row]:
        """Return a page of latest versions, or of all versions; of one name, or of all names."""
        if latest_only:
            found = page_of(self._names.get(name), paging)
            rows = [_latest(self._resources[id]) for _, id in found.items]
            return Page(rows, paging, found.total)
        if name is None:
            found = page_of(self._versions.get(None), paging)
            rows = [self._row(id, number) for _, number, id in found.items]
            return Page(rows, paging, found.total)
        named = [self._resources[id] for _, id in self._names.get(name)]
        return page_of([(each, version) for each in named for version in each.versions], paging)

    def page_of_versions(self, resource: Resource, paging: Paging, latest_only: bool) -> Page[Row]:
        """Return a page of one resource's versions, or of its latest alone."""
        versions = resource.versions[-1:] if latest_only else resource.versions
        found = page_of(versions, paging)
        return Page([(resource, version) for version in found.items], paging, found.total)

    def _row(self, id: str, number: int) -> Row:
        resource = self._resources[id]
        version = resource.find_version(number)
        assert version is not None, "the index and the resources disagree"
        return resource, version

    def _replace(self, resource: Resource, **changes: object) -> Resource:
        changed = replace(resource, **changes)  # type: ignore[arg-type]
        self._resources[resource.id] = changed
        return changed


def _version_entry(resource: Resource, version: Version) -> tuple[int, int, str]:
    return resource.position, version.number, resource.id


def _latest(resource: Resource) -> Row:
    return resource, resource.latest
