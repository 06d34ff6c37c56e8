"""openapi.yaml keeps the structure of the service's API and adds only what is listed here."""

import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]
Location = tuple[str, ...]

# Under these keys a mapping goes from names to things, and a name may be spelled "description".
NAME_MAPS = frozenset(
    {"properties", "schemas", "responses", "securitySchemes", "paths", "webhooks", "content"}
)

BOUND_KEYWORDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})

CORRECTED_OPERATION_IDS = {"get-chat-group-audio": "get-audio"}

PARAMETER_BOUNDS = {
    "page_number": {"minimum": 0},
    "page_size": {"minimum": 1, "maximum": 100},
}

PROPERTY_BOUNDS = {
    ("posted_interruption_spec", "min_interruption_ms"): {"minimum": 50, "maximum": 2000},
    ("PostedConfigLanguageModel", "temperature"): {"minimum": 0, "maximum": 1},
    ("posted_language_model", "temperature"): {"minimum": 0, "maximum": 1},
    ("posted_turn_detection_spec", "end_of_turn_silence_ms"): {"minimum": 500, "maximum": 3000},
    ("posted_turn_detection_spec", "speech_detection_threshold"): {"minimum": 0, "maximum": 1},
    ("posted_turn_detection_spec", "prefix_padding_ms"): {"minimum": 0, "maximum": 1000},
    ("PostedConfigNudges", "interval_secs"): {"minimum": 1},
    ("posted_nudge_spec", "interval_secs"): {"minimum": 1},
    ("PostedTimeoutSpecsInactivity", "duration_secs"): {"minimum": 30, "maximum": 1800},
    ("PostedTimeoutSpecsMaxDuration", "duration_secs"): {"minimum": 30, "maximum": 1800},
}

# Name of the response and of its schema, for each status that the emulator adds.
ERROR_RESPONSES = {
    "400": ("BadRequest", "ErrorResponse"),
    "401": ("Unauthorized", "GatewayFault"),
    "404": ("NotFound", "ErrorResponse"),
    "409": ("Conflict", "ErrorResponse"),
    "413": ("BodyTooLarge", "ErrorResponse"),
    "422": ("ValidationFailed", "HTTPValidationError"),
}

REFUSING_OPERATION_IDS = frozenset(
    {
        "create-config",
        "create-config-version",
        "create-tool",
        "create-tool-version",
        "list-chats",
        "get-chat-group",
    }
)

NAMING_OPERATION_IDS = frozenset(
    {"create-config", "update-config-name", "create-tool", "update-tool-name"}
)

ADDED_SCHEMAS = {
    "ErrorResponse": {
        "type": "object",
        "properties": {
            "error": {"type": "string"},
            "message": {"type": "string"},
            "code": {"type": "string"},
        },
        "title": "ErrorResponse",
    },
    "GatewayFault": {
        "type": "object",
        "properties": {
            "fault": {
                "type": "object",
                "properties": {
                    "faultstring": {"type": "string"},
                    "detail": {
                        "type": "object",
                        "properties": {"errorcode": {"type": "string"}},
                        "required": ["errorcode"],
                    },
                },
                "required": ["faultstring", "detail"],
            },
        },
        "required": ["fault"],
        "title": "GatewayFault",
    },
}


@cache
def pickled(path: Path) -> bytes:
    with path.open(encoding="utf-8") as stream:
        return pickle.dumps(yaml.load(stream, Loader=yaml.CSafeLoader))


def load(path: Path) -> Json:
    """Return the content of a file, which is read once; each caller gets a copy."""
    document = pickle.loads(pickled(path))
    assert isinstance(document, dict)
    return document


@pytest.fixture
def document() -> Json:
    return load(ROOT / "openapi.yaml")


@pytest.fixture
def reference() -> Json:
    return load(Path(__file__).with_name("reference.structure.yaml"))


def iter_operations(document: Json, section: str = "paths") -> Iterator[Json]:
    for item in document[section].values():
        yield from item.values()


def operation_ids(document: Json, section: str = "paths") -> list[str]:
    return [operation["operationId"] for operation in iter_operations(document, section)]


def expected_errors(operation: Json) -> dict[str, Json]:
    """The error responses that the emulator adds to an operation."""
    statuses = ["401"]
    if operation["operationId"] in REFUSING_OPERATION_IDS:
        statuses.append("400")
    if any(parameter["in"] == "path" for parameter in operation["parameters"]):
        statuses.append("404")
    if operation["operationId"] in NAMING_OPERATION_IDS:
        statuses.append("409")
    if "requestBody" in operation:
        statuses.append("413")
    if operation["operationId"] != "send":  # the service itself declares this one
        statuses.append("422")
    return {
        status: {"$ref": f"#/components/responses/{ERROR_RESPONSES[status][0]}"}
        for status in statuses
    }


def without_annotations(node: Any, name_map: str = "", *, keep: bool = False) -> Any:
    """A copy without summaries and descriptions; a response keeps its own, as it must have one."""
    if isinstance(node, list):
        return [without_annotations(item) for item in node]
    if not isinstance(node, dict):
        return node
    stripped = {}
    for key, value in node.items():
        if name_map:
            stripped[key] = without_annotations(value, keep=name_map == "responses")
        elif key in {"summary", "description"} and not keep:
            assert isinstance(value, str), f"{key} is not text: {value}"
        else:
            stripped[key] = without_annotations(value, key if key in NAME_MAPS else "")
    return stripped


def without_additions(document: Json) -> Json:
    """A copy without everything that openapi.yaml may add to the service's structure."""
    structure: Json = without_annotations(document)
    structure.pop("tags")
    del structure["components"]["responses"]
    schemas = structure["components"]["schemas"]
    for name, added in ADDED_SCHEMAS.items():
        assert schemas.pop(name) == added
    for (schema, name), bounds in PROPERTY_BOUNDS.items():
        drop_bounds(schemas[schema]["properties"][name], bounds)
    for operation in iter_operations(structure):
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                drop_bounds(parameter["schema"], PARAMETER_BOUNDS.get(parameter["name"], {}))
        for status, response in expected_errors(operation).items():
            assert operation["responses"].pop(status) == response
        operation_id = operation["operationId"]
        operation["operationId"] = CORRECTED_OPERATION_IDS.get(operation_id, operation_id)
    return structure


def drop_bounds(schema: Json, bounds: dict[str, int]) -> None:
    for keyword, bound in bounds.items():
        assert schema.pop(keyword) == bound


def iter_bounds(node: Any, location: Location = (), *, names: bool = False) -> Iterator[Location]:
    """Where the document has a keyword that bounds a number."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from iter_bounds(item, (*location, str(index)))
    elif isinstance(node, dict):
        for key, value in node.items():
            here = (*location, key)
            if key in BOUND_KEYWORDS and not names:
                yield here
            else:
                yield from iter_bounds(value, here, names=key in NAME_MAPS and not names)


def value_at(document: Any, location: Location) -> Any:
    for step in location:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def test_structure_is_the_services(document: Json, reference: Json) -> None:
    """Without the listed additions the document equals the reference."""
    assert without_additions(document) == reference


def test_chat_group_audio_is_the_corrected_operation(document: Json) -> None:
    """The corrected id belongs to the chat group's recordings, the plain one to the chat's."""
    paths = document["paths"]
    assert paths["/v0/evi/chats/{id}/audio"]["get"]["operationId"] == "get-audio"
    assert paths["/v0/evi/chat_groups/{id}/audio"]["get"]["operationId"] == "get-chat-group-audio"


def test_operation_ids_are_unique(document: Json) -> None:
    """The 35 operations and the 3 webhooks have 38 different ids."""
    ids = operation_ids(document)
    assert len(ids) == 35
    assert len({*ids, *operation_ids(document, "webhooks")}) == 38


def test_every_bound_is_a_listed_one(document: Json) -> None:
    """Numbers are bounded in the listed parameters and properties and nowhere else."""
    expected: dict[Location, int] = {}
    for (schema, name), bounds in PROPERTY_BOUNDS.items():
        for keyword, bound in bounds.items():
            expected["components", "schemas", schema, "properties", name, keyword] = bound
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for index, parameter in enumerate(operation["parameters"]):
                if parameter["in"] != "query":
                    continue
                for keyword, bound in PARAMETER_BOUNDS.get(parameter["name"], {}).items():
                    location = ("paths", path, method, "parameters", str(index), "schema", keyword)
                    expected[location] = bound

    found = {location: value_at(document, location) for location in iter_bounds(document)}

    assert found == expected


def test_error_responses_are_the_listed_ones(document: Json) -> None:
    """Every shared response has its schema, and no other shared responses exist."""
    found = {
        name: response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for name, response in document["components"]["responses"].items()
    }
    assert found == dict(ERROR_RESPONSES.values())


def test_statuses_are_in_order(document: Json) -> None:
    """Each operation lists its responses by status, smallest first."""
    for operation in iter_operations(document):
        statuses = list(operation["responses"])
        assert statuses == sorted(statuses, key=int), operation["operationId"]


def test_every_tag_is_described(document: Json) -> None:
    """The described tags are exactly those that operations use."""
    used = {tag for operation in iter_operations(document) for tag in operation["tags"]}
    tags = document["tags"]
    assert sorted(tag["name"] for tag in tags) == sorted(used)
    assert all(tag["description"] for tag in tags)


@pytest.mark.parametrize("section", ["paths", "webhooks"])
def test_every_operation_is_described(document: Json, section: str) -> None:
    """Operations and webhooks have a summary and a description, and so have their inputs."""
    missing = []
    for operation in iter_operations(document, section):
        annotated = [operation, *operation.get("parameters", [])]
        if "requestBody" in operation:
            annotated.append(operation["requestBody"])
        if not operation.get("summary") or not all(part.get("description") for part in annotated):
            missing.append(operation["operationId"])
    assert missing == []


def test_every_schema_is_described(document: Json) -> None:
    """Component schemas and their properties have descriptions, save those that refer to one."""
    missing = []
    for name, schema in document["components"]["schemas"].items():
        if not schema.get("description"):
            missing.append(name)
        for key, value in schema.get("properties", {}).items():
            if "$ref" not in value and not value.get("description"):
                missing.append(f"{name}.{key}")
    assert missing == []


def test_document_is_valid_openapi(document: Json) -> None:
    """An independent validator accepts the document as OpenAPI 3.1."""
    import openapi_spec_validator  # which takes long

    openapi_spec_validator.validate(document)
