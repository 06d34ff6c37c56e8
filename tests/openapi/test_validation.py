"""The compiled validator agrees with the reference one, and words problems as FastAPI does."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from emulator.api import ServedApi, serve
from emulator.apis.apis import APIS
from emulator.apis.evi.openness import OPENNESS
from emulator.errors import DocumentError
from emulator.openapi.document import iter_schemas
from emulator.openapi.operation import compile_operations
from emulator.openapi.validation import MOST_LOOKED_AT, MOST_PROBLEMS, Validation
from tests.served import DOCUMENT, VALIDATION

Json = Any
Row = tuple[tuple[str | int, ...], str, str]

URI = "urn:reference"
REGISTRY: Registry[Any] = Registry().with_resource(
    URI, DRAFT202012.create_resource(DOCUMENT.content)
)

SCHEMAS = dict(iter_schemas(DOCUMENT))
COMPONENTS = [pointer for pointer in SCHEMAS if re.fullmatch("#/components/schemas/[^/]+", pointer)]
PARAMETERS = {  # one pointer for each schema that parameters have
    json.dumps(schema): pointer
    for pointer, schema in SCHEMAS.items()
    if re.fullmatch("#/paths/.+/parameters/[0-9]+/schema", pointer)
}

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from((0, 1, 2.0, -0.0, 1e19))
    | st.text(max_size=3),
    lambda items: st.lists(items, max_size=2) | st.dictionaries(st.text(max_size=3), items),
    max_leaves=3,
)
uuids = st.uuids().map(str)
near_uuids = st.builds(
    lambda uuid, place, character: uuid[:place] + character + uuid[place + 1 :],
    uuids,
    st.integers(0, 36),
    st.sampled_from(("", "-", "g", "A", "0", " ", "\n")),
)


@st.composite
def near_values(draw: st.DrawFn, schema: Json, mistakes: bool) -> Json:
    """A value of the schema but for its bounds; with `mistakes`, now and then not even that."""
    schema = DOCUMENT.follow(schema)
    if mistakes and draw(st.integers(0, 15)) == 15:
        return draw(junk)
    if "oneOf" in schema:
        return draw(near_values(draw(st.sampled_from(schema["oneOf"])), mistakes))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    types = schema.get("type", "null")
    match draw(st.sampled_from(types)) if isinstance(types, list) else types:
        case "object":
            return draw(near_objects(schema, mistakes))
        case "array":
            return draw(st.lists(near_values(schema["items"], mistakes), max_size=2))
        case "string" if schema.get("format") == "uuid":
            return draw(uuids | near_uuids)
        case "string":
            return draw(st.text(max_size=3))
        case "integer":
            return draw(near_numbers(schema))
        case "number":
            return draw(near_numbers(schema) | st.floats(-1, 2))
        case "boolean":
            return draw(st.booleans())
        case _:
            return None


@st.composite
def near_objects(draw: st.DrawFn, schema: Json, mistakes: bool) -> Json:
    required = schema.get("required", ())
    names = [
        name
        for name in schema.get("properties", {})
        if (name in required and not (mistakes and draw(st.integers(0, 15)) == 15))
        or (name not in required and draw(st.booleans()))
    ]
    value = {name: draw(near_values(schema["properties"][name], mistakes)) for name in names}
    others = schema.get("additionalProperties", {})
    if draw(st.booleans()):
        value["other"] = draw(near_values(others, mistakes) if others else junk)
    return value


def near_numbers(schema: Json) -> st.SearchStrategy[Json]:
    low, high = schema.get("minimum", -1), schema.get("maximum", 3)
    edges = [low - 1, low, low + 1, high - 1, high, high + 1, float(low), high + 0.5]
    return st.sampled_from(edges)


@pytest.mark.slow
@pytest.mark.parametrize("pointer", [*COMPONENTS, *PARAMETERS.values()])
def test_the_two_validators_agree(pointer: str) -> None:
    """What the compiled validator accepts is what the reference implementation accepts."""
    check = VALIDATION.check(pointer)
    reference = Draft202012Validator(
        {"$ref": URI + pointer}, registry=REGISTRY, format_checker=FormatChecker(["uuid"])
    )

    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.booleans().flatmap(lambda mistakes: near_values(SCHEMAS[pointer], mistakes)))
    def agree(value: Json) -> None:
        problems = check(value, ("body",))
        assert (problems == []) == reference.is_valid(value), (value, problems)
        assert all(problem.loc[0] == "body" and problem.msg for problem in problems)

    agree()


def problems(schema: str, value: Json) -> list[Row]:
    found = VALIDATION.check(f"#/components/schemas/{schema}")(value, ("body",))
    return [(problem.loc[1:], problem.msg, problem.type) for problem in found]


def config(**more: Json) -> Json:
    return {"name": "Support", "evi_version": "3", **more}


def settings_message(**more: Json) -> Json:
    return {"type": "session_settings", **more}


STRING = ("Input should be a valid string", "string_type")
INTEGER = ("Input should be a valid integer", "int_type")
FRACTION = (
    "Input should be a valid integer, got a number with a fractional part",
    "int_from_float",
)
NUMBER = ("Input should be a valid number", "float_type")
BOOLEAN = ("Input should be a valid boolean", "bool_type")
LIST = ("Input should be a valid list", "list_type")
OBJECT = (
    "Input should be a valid dictionary or object to extract fields from",
    "model_attributes_type",
)
MISSING = ("Field required", "missing")
PROVIDER = ("Input should be 'HUME_AI' or 'CUSTOM_VOICE'", "enum")
TAGS = (
    "'session_settings', 'user_input', 'assistant_input', 'tool_response', 'tool_error', "
    "'pause_assistant_message', 'resume_assistant_message'"
)


def at(*loc: str | int, says: tuple[str, str]) -> Row:
    return loc, *says


def unknown_tag(tag: str) -> Row:
    message = (
        f"Input tag '{tag}' found using 'type' does not match any of the expected tags: {TAGS}"
    )
    return (), message, "union_tag_invalid"


SINGLE_PROBLEMS: dict[str, tuple[str, Json, Row]] = {
    "missing field": ("posted_prompt", {"name": "a"}, at("text", says=MISSING)),
    "missing field below": (
        "posted_config",
        config(timeouts={"inactivity": {}}),
        at("timeouts", "inactivity", "enabled", says=MISSING),
    ),
    "no string": ("posted_prompt", {"name": 1, "text": "a"}, at("name", says=STRING)),
    "null for a string": ("posted_prompt", {"name": None, "text": "a"}, at("name", says=STRING)),
    "no string or null": (
        "posted_config",
        config(version_description=[]),
        at("version_description", says=STRING),
    ),
    "text for an integer": (
        "posted_config",
        config(nudges={"interval_secs": "5"}),
        at("nudges", "interval_secs", says=INTEGER),
    ),
    "boolean for an integer": (
        "posted_config",
        config(nudges={"interval_secs": True}),
        at("nudges", "interval_secs", says=INTEGER),
    ),
    "fraction for an integer": (
        "posted_config",
        config(nudges={"interval_secs": 1.5}),
        at("nudges", "interval_secs", says=FRACTION),
    ),
    "no number": (
        "posted_config",
        config(language_model={"temperature": "hot"}),
        at("language_model", "temperature", says=NUMBER),
    ),
    "text for a boolean": (
        "posted_config",
        config(nudges={"enabled": "yes"}),
        at("nudges", "enabled", says=BOOLEAN),
    ),
    "integer for a boolean": (
        "posted_config",
        config(nudges={"enabled": 1}),
        at("nudges", "enabled", says=BOOLEAN),
    ),
    "no list": ("posted_config", config(tools={}), at("tools", says=LIST)),
    "list for an object": ("posted_prompt", [], at(says=OBJECT)),
    "null for an object": ("posted_prompt", None, at(says=OBJECT)),
    "text for an object below": (
        "posted_config",
        config(timeouts="long"),
        at("timeouts", says=OBJECT),
    ),
    "enum": (
        "posted_config",
        config(builtin_tools=[{"name": "fly"}]),
        at("builtin_tools", 0, "name", says=("Input should be 'web_search' or 'hang_up'", "enum")),
    ),
    "enum of one": (
        "AudioConfiguration",
        {"channels": 1, "encoding": "mp3", "sample_rate": 8000},
        at("encoding", says=("Input should be 'linear16'", "enum")),
    ),
    "number for an enum of strings": ("VoiceProvider", 3, at(says=PROVIDER)),
    "below the minimum": (
        "posted_config",
        config(turn_detection={"end_of_turn_silence_ms": 499}),
        at(
            "turn_detection",
            "end_of_turn_silence_ms",
            says=("Input should be greater than or equal to 500", "greater_than_equal"),
        ),
    ),
    "above the maximum": (
        "posted_config",
        config(language_model={"temperature": 1.01}),
        at(
            "language_model",
            "temperature",
            says=("Input should be less than or equal to 1", "less_than_equal"),
        ),
    ),
    "index in a list": (
        "posted_config",
        config(tools=[{"id": "a"}, {"id": "b", "version": 0.5}]),
        at("tools", 1, "version", says=FRACTION),
    ),
    "index in a list in a list": (
        "posted_config",
        config(webhooks=[{"url": "u", "events": ["chat_ended", "chat_paused"]}]),
        at(
            *("webhooks", 0, "events", 1),
            says=("Input should be 'chat_started', 'chat_ended' or 'tool_call'", "enum"),
        ),
    ),
    "value of a free key": (
        "WebhookEventChatStarted",
        {
            **dict.fromkeys(("chat_group_id", "chat_id"), "a"),
            **dict.fromkeys(("config_id", "caller_number", "custom_session_id")),
            "chat_start_type": "new_chat_group",
            "start_time": 0,
            "twilio_metadata": {"sid": 1},
        },
        at("twilio_metadata", "sid", says=STRING),
    ),
    "unknown tag": ("ControlPlanePublishEvent", {"type": "shout"}, unknown_tag("shout")),
    "tag that is no string": ("ControlPlanePublishEvent", {"type": 3}, unknown_tag("3")),
    "null for a tag": ("ControlPlanePublishEvent", {"type": None}, unknown_tag("None")),
    "missing tag": (
        "ControlPlanePublishEvent",
        {"text": "a"},
        ((), "Unable to extract tag using discriminator 'type'", "union_tag_not_found"),
    ),
    "no object for a tagged union": ("ControlPlanePublishEvent", "user_input", at(says=OBJECT)),
    "missing field of the named member": (
        "ControlPlanePublishEvent",
        {"type": "user_input"},
        at("text", says=MISSING),
    ),
    "wrong field of the named member": (
        "ControlPlanePublishEvent",
        {"type": "assistant_input", "text": 3},
        at("text", says=STRING),
    ),
    "wrong field in a list of the named member": (
        "ControlPlanePublishEvent",
        settings_message(tools=[{"type": "function", "name": "a", "parameters": {}}]),
        at("tools", 0, "parameters", says=STRING),
    ),
    "voice with neither id nor name": (
        "VoiceRef",
        {},
        ((), "Field required: 'id' or 'name'", "missing"),
    ),
    "voice with a provider alone": (
        "VoiceRef",
        {"provider": "HUME_AI"},
        ((), "Field required: 'id' or 'name'", "missing"),
    ),
    "voice by id with a wrong provider": (
        "VoiceRef",
        {"id": "a", "provider": "ACME"},
        at("provider", says=PROVIDER),
    ),
    "voice by name with a wrong provider": (
        "VoiceRef",
        {"name": "a", "provider": "ACME"},
        at("provider", says=PROVIDER),
    ),
    "voice with a wrong id": ("VoiceRef", {"id": 3}, at("id", says=STRING)),
    "voice with a wrong name": ("VoiceRef", {"name": 3}, at("name", says=STRING)),
    "voice that is no object": ("VoiceRef", "Ito", at(says=OBJECT)),
    "no object or null": ("SessionSettings", settings_message(audio=3), at("audio", says=OBJECT)),
    "wrong field of an object or null": (
        "SessionSettings",
        settings_message(audio={"channels": 0.5, "encoding": "linear16", "sample_rate": 1}),
        at("audio", "channels", says=FRACTION),
    ),
    "wrong type field of an object or null": (
        "SessionSettings",
        settings_message(context={"text": "a", "type": "forever"}),
        at(
            "context",
            "type",
            says=("Input should be 'persistent' or 'temporary'", "enum"),
        ),
    ),
    "no enum or null": (
        "ToolResponseMessage",
        {"type": "tool_response", "tool_call_id": "a", "content": "b", "tool_type": "magic"},
        at("tool_type", says=("Input should be 'builtin' or 'function'", "enum")),
    ),
    "number for an enum of strings or null": (
        "ToolResponseMessage",
        {"type": "tool_response", "tool_call_id": "a", "content": "b", "tool_type": 3},
        at("tool_type", says=("Input should be 'builtin' or 'function'", "enum")),
    ),
}


@pytest.mark.parametrize(
    ("schema", "value", "problem"), SINGLE_PROBLEMS.values(), ids=SINGLE_PROBLEMS.keys()
)
def test_a_problem_is_reported_once_where_it_is(schema: str, value: Json, problem: Row) -> None:
    """One mistake is one problem, with the place and the words that FastAPI would give."""
    assert problems(schema, value) == [problem]


OWN_SCHEMAS: dict[str, tuple[Json, Json, Row]] = {
    "const": ({"const": "a"}, "b", at(says=("Input should be 'a'", "literal_error"))),
    "exclusiveMinimum": (
        {"exclusiveMinimum": 3},
        3,
        at(says=("Input should be greater than 3", "greater_than")),
    ),
    "exclusiveMaximum": (
        {"exclusiveMaximum": 3},
        3,
        at(says=("Input should be less than 3", "less_than")),
    ),
    "minLength": (
        {"minLength": 2},
        "a",
        at(says=("String should have at least 2 characters", "string_too_short")),
    ),
    "maxLength": (
        {"maxLength": 2},
        "abc",
        at(says=("String should have at most 2 characters", "string_too_long")),
    ),
    "pattern": (
        {"pattern": "^a$"},
        "b",
        at(says=("String should match pattern '^a$'", "string_pattern_mismatch")),
    ),
    "additionalProperties": (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"a": 1, "b": 2},
        at("b", says=("Extra inputs are not permitted", "extra_forbidden")),
    ),
    "null": ({"type": "null"}, 3, at(says=("Input should be None", "none_required"))),
    "format": (
        {"type": "string", "format": "uuid"},
        "abc",
        at(says=("Input should be a valid UUID", "uuid_parsing")),
    ),
}


@pytest.mark.parametrize(("schema", "value", "problem"), OWN_SCHEMAS.values(), ids=OWN_SCHEMAS)
def test_every_keyword_has_its_words(schema: Json, value: Json, problem: Row) -> None:
    """A keyword that another document may use is worded too."""
    found = VALIDATION.check_schema(schema)(value, ("body",))
    assert [(each.loc[1:], each.msg, each.type) for each in found] == [problem]


SEVERAL_PROBLEMS = [
    pytest.param(
        "posted_config",
        {
            "name": 1,
            "tools": [{}, {"id": "a", "version": "b"}],
            "voice": {"id": "a", "provider": "ACME"},
            "turn_detection": {"prefix_padding_ms": 1001},
        },
        {
            at("evi_version", says=MISSING),
            at("name", says=STRING),
            at("tools", 0, "id", says=MISSING),
            at("tools", 1, "version", says=INTEGER),
            at("voice", "provider", says=PROVIDER),
            at(
                *("turn_detection", "prefix_padding_ms"),
                says=("Input should be less than or equal to 1000", "less_than_equal"),
            ),
        },
        id="all over a config",
    ),
    pytest.param(
        "ControlPlanePublishEvent",
        {"type": "tool_response", "content": 3, "custom_session_id": 4},
        {
            at("tool_call_id", says=MISSING),
            at("content", says=STRING),
            at("custom_session_id", says=STRING),
        },
        id="in the named member of a union",
    ),
    pytest.param(
        "ControlPlanePublishEvent",
        settings_message(audio={"channels": "two", "encoding": "linear16"}, voice_id=3),
        {
            at("audio", "sample_rate", says=MISSING),
            at("audio", "channels", says=INTEGER),
            at("voice_id", says=STRING),
        },
        id="in an object or null",
    ),
    pytest.param(
        "ControlPlanePublishEvent",
        settings_message(context={"type": "forever"}),
        {
            at("context", "text", says=MISSING),
            at(
                *("context", "type"),
                says=("Input should be 'persistent' or 'temporary'", "enum"),
            ),
        },
        id="in an object or null with a type",
    ),
    pytest.param(
        "VoiceRef",
        {"provider": "ACME"},
        {((), "Field required: 'id' or 'name'", "missing"), at("provider", says=PROVIDER)},
        id="in every member of a union",
    ),
]


@pytest.mark.parametrize(("schema", "value", "expected"), SEVERAL_PROBLEMS)
def test_several_problems_are_all_listed(schema: str, value: Json, expected: set[Row]) -> None:
    """Every problem of a value is in the one list, each of them once."""
    found = problems(schema, value)
    assert set(found) == expected
    assert len(found) == len(expected)


def test_an_open_union_takes_what_several_members_match() -> None:
    """A voice may have both id and name; the document that is served still says oneOf."""
    check = VALIDATION.check("#/components/schemas/VoiceRef")
    assert check({"id": "a", "name": "b"}, ("voice",)) == []
    assert [problem.loc for problem in check({"id": 3, "name": 3}, ("voice",))] == [("voice", "id")]
    for name in OPENNESS.unions:
        assert "oneOf" in DOCUMENT.at(f"#/components/schemas/{name}")


def test_another_union_takes_one_member_only() -> None:
    """A value that several members match is refused."""
    check = VALIDATION.check_schema({"oneOf": [{"type": "object"}, {"required": ["a"]}]})
    [problem] = check({"a": 1}, ())
    assert (problem.type, "matches several" in problem.msg) == ("union_ambiguous", True)


def test_the_place_starts_where_the_caller_says() -> None:
    """The caller's `loc` comes before the path within the value."""
    check = VALIDATION.check("#/components/schemas/posted_prompt")
    [problem] = check({"name": "a"}, ("prompts", 3, "versions", 0))
    assert problem.loc == ("prompts", 3, "versions", 0, "text")


UUID = "6ba7b810-9dad-{}1d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UUID.format(4), []),
        (UUID.format(4).upper(), []),
        (UUID.format(1), [("UUID version 4 expected", "uuid_version")]),
        (UUID.format("g"), [("Input should be a valid UUID", "uuid_parsing")]),
        ("", [("Input should be a valid UUID", "uuid_parsing")]),
        (4, [("Input should be a valid string", "string_type")]),
    ],
)
def test_uuids_of_version_4(value: Json, expected: list[tuple[str, str]]) -> None:
    """Another version is told from what is no uuid."""
    check = VALIDATION.check_schema({"type": "string", "format": "uuid4"})
    assert [(each.msg, each.type) for each in check(value, ())] == expected


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"minItems": 1}, "List should have at least 1 item after validation, not 0"),
        ({"minItems": 2}, "List should have at least 2 items after validation, not 0"),
    ],
)
def test_lists_that_are_too_short(schema: Json, message: str) -> None:
    """The message has the number of items, as pydantic's has."""
    assert [each.msg for each in VALIDATION.check_schema(schema)([], ())] == [message]


def test_a_schema_that_is_none_is_refused() -> None:
    """A schema of one's own with a mistake, or a pointer to nothing, is a DocumentError."""
    with pytest.raises(DocumentError, match="openapi.yaml"):
        VALIDATION.check_schema({"type": "strnig"})
    with pytest.raises(DocumentError, match="NoSuchSchema"):
        VALIDATION.check("#/components/schemas/NoSuchSchema")


def test_of_what_is_wrong_the_beginning_is_looked_at() -> None:
    """Each wrong item takes time, and a hundred are listed; none of them hides the others."""
    items = {"type": "array", "items": {"type": "object", "required": ["name"]}}
    check = VALIDATION.check_schema(items)
    begin_s = time.process_time()
    assert len(check([{}] * 500_000, ())) == MOST_PROBLEMS
    assert time.process_time() - begin_s < 15
    fine: list[object] = [{"name": "a"}] * MOST_LOOKED_AT
    assert check(fine, ()) == []
    [problem] = check([*fine, {}], ("body",))
    assert (problem.loc, problem.type) == (("body",), "too_long")


def test_of_fields_that_are_too_much_the_first_are_listed() -> None:
    """A body of nothing else stops no server."""
    schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
    check = VALIDATION.check_schema(schema)
    assert len(check({f"field{number}": 1 for number in range(1_000)}, ())) == MOST_PROBLEMS


def pointers_of(served: ServedApi) -> list[str]:
    return [each.pointer for operation in served.operations for each in operation.parameters]


@pytest.mark.parametrize("value", [-1, 0, 1, 10, 100, 101, 2**40, True, "x", "", 1.5, None, [], {}])
def test_plain_values_are_judged_as_by_the_compiled_check(value: Json) -> None:
    """What passes without a compiled check passes it; all else is left to it."""
    for served in serve(APIS):
        for pointer in pointers_of(served):
            expected = served.validation.check(pointer)(value, ("query", "x"))
            assert Validation(served.document).problems(pointer, value, ("query", "x")) == expected


def test_the_number_of_a_page_compiles_nothing() -> None:
    """The first requests of most clients ask for a page."""
    validation = Validation(DOCUMENT)
    [pointer] = (
        parameter.pointer
        for operation in compile_operations(DOCUMENT)
        if operation.id == "list-configs"
        for parameter in operation.parameters
        if parameter.name == "page_size"
    )
    assert validation.problems(pointer, 10, ()) == []
    assert not validation.has_compiled(pointer)
    assert validation.problems(pointer, 0, ()) != []
    assert validation.has_compiled(pointer)
