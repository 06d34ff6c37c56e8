"""Value patterns: what they match, and which are refused."""

from typing import Any

import pytest

from emulator.errors import ApiError
from emulator.extras.wiremock.values import value_test

BODY = '{"name": "a", "list": [1, 2], "on": true}'


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ({"equalTo": "a"}, ["a"], ["A", "ab", "", None]),
        ({"equalTo": ""}, [""], ["a", None]),
        ({"equalTo": 1}, ["1"], ["1.0", "true", None]),
        ({"equalTo": True}, ["true"], ["True", "1", None]),
        ({"equalTo": "Ä", "caseInsensitive": True}, ["ä", "Ä"], ["a", None]),
        ({"equalTo": "a", "caseInsensitive": False}, ["a"], ["A"]),
        ({"contains": "b"}, ["abc", "b"], ["a", "", None]),
        ({"doesNotContain": "b"}, ["a", "", None], ["abc"]),
        ({"matches": "a.c"}, ["abc", "a\nc"], ["abcd", "xabc", None]),
        ({"doesNotMatch": "a.c"}, ["abcd", "", None], ["abc"]),
        ({"absent": True}, [None], ["", "a"]),
        ({"absent": False}, ["", "a"], [None]),
        ({"not": {"equalTo": "a"}}, ["b", None], ["a"]),
        ({"and": [{"contains": "a"}, {"contains": "b"}]}, ["ab"], ["a", "b", None]),
        ({"or": [{"equalTo": "a"}, {"absent": True}]}, ["a", None], ["b", ""]),
        ({"equalTo": "a", "contains": None}, ["a"], ["b"]),
        ({"equalToJson": BODY}, [BODY, BODY.replace(" ", "")], [BODY[:-1], "{}", "", None]),
        ({"equalToJson": {"on": True}}, ['{"on": true}'], ['{"on": 1}', '{"on": "true"}']),
        ({"equalToJson": {"on": 1}}, ['{"on": 1}', '{"on": 1.0}'], ['{"on": true}']),
        ({"equalToJson": [1, 2]}, ["[1, 2]"], ["[2, 1]", "[1]", "[1, 2, 3]"]),
        ({"equalToJson": [1, 2], "ignoreArrayOrder": True}, ["[2, 1]"], ["[1, 1]", "[1, 2, 3]"]),
        ({"equalToJson": [1], "ignoreExtraElements": True}, ["[1, 2]"], ["[2, 1]", "[]"]),
        ({"equalToJson": {"a": 1}, "ignoreExtraElements": True}, ['{"a":1,"b":2}'], ["{}"]),
        ({"equalToJson": '{"a": "${json-unit.ignore}"}'}, ['{"a": 1}', '{"a": null}'], ["{}"]),
        ({"equalToJson": '["${json-unit.any-string}"]'}, ['["x"]'], ["[1]", "[null]"]),
        (
            {"equalToJson": '["${json-unit.any-number}"]'},
            ["[1]", "[1.5]"],
            ['["1"]', "[true]", "[false]"],
        ),
        ({"equalToJson": '["${json-unit.any-boolean}"]'}, ["[false]", "[true]"], ["[1]", "[0]"]),
    ],
)
def test_operators(
    pattern: dict[str, Any], matching: list[str | None], others: list[str | None]
) -> None:
    """Each operator with what it holds for, and what it doesn't; None is what isn't there."""
    test = value_test(pattern, ())
    assert [text for text in matching if not test(text)] == []
    assert [text for text in others if test(text)] == []


@pytest.mark.parametrize(
    ("pattern", "pointer", "says"),
    [
        ("a", "/x", "expected a JSON object, got 'a'"),
        ({}, "/x", "expected one operator, such as equalTo, got none"),
        ({"equalTo": "a", "contains": "b"}, "/x", "got equalTo and contains"),
        ({"equalsTo": "a"}, "/x/equalsTo", "did you mean 'equalTo'?"),
        ({"matchesJsonPath": "$.a"}, "/x/matchesJsonPath", "known: equalTo, contains"),
        ({"equalTo": ["a"]}, "/x/equalTo", "expected a text, got ['a']"),
        ({"matches": "("}, "/x/matches", "unusable regular expression"),
        ({"matches": "a{9999999999}"}, "/x/matches", "unusable regular expression"),
        ({"matches": "(" * 5000}, "/x/matches", "unusable regular expression"),
        ({"matches": "(?!a)"}, "/x/matches", "lookaround"),
        ({"equalToJson": "{"}, "/x/equalToJson", "not JSON"),
        ({"contains": "a", "caseInsensitive": True}, "/x/caseInsensitive", "belongs to equalTo"),
        ({"and": {"equalTo": "a"}}, "/x/and", "expected a list of patterns"),
        ({"or": [{"equalTo": "a"}, {}]}, "/x/or/1", "expected one operator"),
        ({"not": {"contain": "a"}}, "/x/not/contain", "did you mean 'contains'?"),
    ],
)
def test_mistakes(pattern: Any, pointer: str, says: str) -> None:
    """What isn't understood is refused with its place, never ignored."""
    with pytest.raises(ApiError) as caught:
        value_test(pattern, ("x",))
    errors: Any = caught.value.body["errors"]
    [error] = errors
    assert caught.value.status == 422
    assert error["source"]["pointer"] == pointer
    assert says in error["title"]
