"""The nine operations that configs, prompts and tools share (docs/protocol.md#versions)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from emulator.api import Call
from emulator.apis.evi.errors import NAME_TAKEN, VERSION_NOT_FOUND
from emulator.apis.evi.handlers import operation
from emulator.apis.evi.state import EviState
from emulator.errors import ErrorText, api_error
from emulator.jsontext import Json, JsonObject
from emulator.store.paging import Page
from emulator.store.versioned import Resource, Row, Version, VersionedCollection

# Values of `version_type`: this version, or always the newest one.
FIXED, LATEST = "FIXED", "LATEST"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of versioned resource.

    `new_content` makes a version's content from a request and the version before it;
    `render` makes the response of one version, in a page of several or alone.
    """

    name: str  # 'config', as in 'create-config'
    plural: str  # 'configs', as in a store
    label: str
    not_found: ErrorText
    unique_names: bool
    new_content: Callable[[Call, Version | None], JsonObject]
    render: Callable[[EviState, Resource, Version, bool], JsonObject]

    def collection(self, call: Call) -> VersionedCollection:
        collection: VersionedCollection = getattr(call.world.state(EviState), self.plural)
        return collection


VERSIONED: dict[str, Kind] = {}  # by their plural: configs, prompts, tools


def register(kind: Kind) -> None:
    """Register the nine operations of one kind."""
    VERSIONED[kind.plural] = kind
    name = kind.name
    for operation_id, handler in {
        f"create-{name}": _create,
        f"list-{name}s": _list,
        f"list-{name}-versions": _list_versions,
        f"create-{name}-version": _create_version,
        f"update-{name}-name": _update_name,
        f"delete-{name}": _delete,
        f"get-{name}-version": _get_version,
        f"update-{name}-description": _update_description,
        f"delete-{name}-version": _delete_version,
    }.items():
        operation(operation_id)(partial(handler, kind))


def render_version(resource: Resource, version: Version, version_type: str) -> JsonObject:
    """Return the fields that versions of prompts and of tools share."""
    return {
        "id": resource.id,
        "name": resource.name,
        "version": version.number,
        "version_type": version_type,
        "created_on": resource.created_on,
        "modified_on": version.modified_on,
        **version.content,
    }


def _create(kind: Kind, call: Call) -> Json:
    name = call.body["name"]
    _refuse_taken_name(kind, call, name)
    content = kind.new_content(call, None)
    resource = kind.collection(call).create(
        call.world.ids.uuid(), name, content, call.world.clock.now_ms()
    )
    return kind.render(call.world.state(EviState), resource, resource.latest, False)


def _list(kind: Kind, call: Call) -> Json:
    page = kind.collection(call).page(call.paging, _latest_only(call), call.parameters["name"])
    return _render_page(kind, call, page)


def _list_versions(kind: Kind, call: Call) -> Json:
    resource = _get(kind, call)
    page = kind.collection(call).page_of_versions(resource, call.paging, _latest_only(call))
    return _render_page(kind, call, page)


def _create_version(kind: Kind, call: Call) -> Json:
    resource = _get(kind, call)
    call = replace(call, body={**call.body, "name": resource.name})
    content = kind.new_content(call, resource.latest)
    resource = kind.collection(call).add_version(resource, content, call.world.clock.now_ms())
    return kind.render(call.world.state(EviState), resource, resource.latest, False)


def _update_name(kind: Kind, call: Call) -> Json:
    resource, name = _get(kind, call), call.body["name"]
    _refuse_taken_name(kind, call, name, by_other_than=resource.id)
    kind.collection(call).rename(resource, name)
    return {}


def _delete(kind: Kind, call: Call) -> Json:
    kind.collection(call).delete(_get(kind, call))
    return {}


def _get_version(kind: Kind, call: Call) -> Json:
    resource, version = _get_with_version(kind, call)
    return kind.render(call.world.state(EviState), resource, version, False)


def _update_description(kind: Kind, call: Call) -> Json:
    resource, version = _get_with_version(kind, call)
    if "version_description" in call.body:
        description = call.body["version_description"]
        version = kind.collection(call).describe(resource, version, description)
    return kind.render(call.world.state(EviState), resource, version, False)


def _delete_version(kind: Kind, call: Call) -> Json:
    kind.collection(call).delete_version(*_get_with_version(kind, call))
    return {}


def _get(kind: Kind, call: Call) -> Resource:
    resource = kind.collection(call).find(call.parameters["id"])
    if resource is None:
        raise api_error(kind.not_found, id=call.parameters["id"])
    return resource


def _get_with_version(kind: Kind, call: Call) -> Row:
    resource = _get(kind, call)
    version = resource.find_version(call.parameters["version"])
    if version is None:
        known = ", ".join(str(each.number) for each in resource.versions[-10:])
        raise api_error(
            VERSION_NOT_FOUND,
            kind=kind.label,
            id=resource.id,
            version=call.parameters["version"],
            known=known,
        )
    return resource, version


def _latest_only(call: Call) -> bool:
    return call.parameters["restrict_to_most_recent"] is not False


def _refuse_taken_name(kind: Kind, call: Call, name: str, by_other_than: str = "") -> None:
    taken = kind.collection(call).find_name(name) if kind.unique_names else None
    if taken is not None and taken.id != by_other_than:
        text = replace(NAME_TAKEN, status=int(call.settings.name_conflict))
        raise api_error(text, kind=kind.name, name=name, id=taken.id)


def _render_page(kind: Kind, call: Call, page: Page[Row]) -> Json:
    store = call.world.state(EviState)
    items = [kind.render(store, resource, version, True) for resource, version in page.items]
    return {**page.to_json(), f"{kind.plural}_page": items}
