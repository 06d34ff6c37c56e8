"""What a strict server refuses, as a check that is compiled from the document."""

from typing import Any

import pytest

from emulator.apis.evi.hints import EVI_HINTS
from emulator.errors import Problem
from emulator.openapi.fields import body_fields
from emulator.openapi.operation import compile_operations
from emulator.openapi.strictness import EXTRA, MOST_REFUSED, StrictCheck, strict_check
from tests.served import DOCUMENT

MESSAGE = "Extra inputs are not permitted"


@pytest.fixture(scope="module")
def checks() -> dict[str, StrictCheck]:
    """The check of each operation of the bundled document."""
    return {
        each.id: strict_check(each, body_fields(DOCUMENT, each))
        for each in compile_operations(DOCUMENT)
    }


def extra(*loc: str | int) -> Problem:
    return Problem(loc, MESSAGE, EXTRA)


@pytest.mark.parametrize(
    ("operation", "query", "body"),
    [
        ("list-configs", b"page_size=3&page_number=0", None),
        ("list-configs", b"api_key=k&access_token=t", None),
        ("create-prompt", b"", {"name": "a", "text": "b"}),
        ("create-prompt", b"", ["no object"]),
        ("create-prompt", b"", None),
        ("delete-config", b"", {"any": "body is ignored"}),
    ],
)
def test_what_is_known_passes(
    checks: dict[str, StrictCheck], operation: str, query: bytes, body: Any
) -> None:
    """Parameters of the operation, credentials, fields of the schema; other mistakes, too."""
    assert checks[operation](query, body) == []


def test_parameters_come_before_fields_and_fields_before_values(
    checks: dict[str, StrictCheck],
) -> None:
    """Each name once, in the order in which the client gave them."""
    model = {"model_provider": "OPENAI", "zz": 1}
    body = {"b": 1, "language_model": model, "a": 2}
    problems = checks["create-config"](b"y=1&x=2&y=3", body)
    assert problems == [
        extra("query", "y"),
        extra("query", "x"),
        extra("body", "b"),
        extra("body", "language_model", "zz"),
        extra("body", "a"),
        Problem(
            ("body", "language_model", "model_provider"),
            "Input should be a value that the document or one of Hume's SDKs lists; "
            "the nearest listed value is 'OPEN_AI'",
            "enum",
        ),
    ]


@pytest.mark.parametrize(
    ("field", "got", "end"),
    [
        ("model_provider", "QQQQQQ", "one of Hume's SDKs lists"),
        ("model_resource", "https://example.com", "to the model_provider CUSTOM_LANGUAGE_MODEL"),
    ],
)
def test_a_value_that_resembles_none(
    checks: dict[str, StrictCheck], field: str, got: str, end: str
) -> None:
    """Nothing is said of what becomes of it, since it is refused."""
    [problem] = checks["create-config"](b"", {"language_model": {field: got}})
    assert problem.msg.endswith(end)
    assert "kept" not in problem.msg


def test_a_body_of_nothing_but_mistakes(checks: dict[str, StrictCheck]) -> None:
    """So many of a kind are named, and no more; a long name is named in full."""
    query = "&".join(f"q{number}" for number in range(MOST_REFUSED + 1)).encode()
    body = {"x" * 1_000: 1, **{f"f{number}": 1 for number in range(MOST_REFUSED)}}
    problems = checks["create-prompt"](query, body)
    assert len(problems) == 2 * MOST_REFUSED
    assert problems[MOST_REFUSED] == extra("body", "x" * 1_000)


def test_hints_do_not_make_a_parameter_known(checks: dict[str, StrictCheck]) -> None:
    """What people get wrong has a hint, and is refused all the same."""
    for name in EVI_HINTS.of_requests:
        assert checks["list-configs"](f"{name}=1".encode(), None) == [extra("query", name)]
