"""Request patterns: what they match, and which are refused."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import ApiError
from emulator.extras.wiremock.pattern import MOST_VALUES, request_test
from emulator.extras.wiremock.request import LoggedRequest
from tests.extras.wiremock.logged import logged

REQUEST = logged(
    "POST",
    "/v0/evi/configs/a b",
    "page_size=1&tag=x&tag=y%20z&empty=",
    (("x-test-id", "one"), ("accept", "a"), ("accept", "b"), ("cookie", "s=1; t=2")),
    '{"name": "c"}',
)
URL = "/v0/evi/configs/a%20b?page_size=1&tag=x&tag=y%20z&empty="
ID = "/v0/evi/configs/{id}"


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"method": "POST"},
        {"method": "post"},
        {"method": "ANY"},
        {"url": URL},
        {"urlPattern": ".*page_size=[0-9]&.*"},
        {"urlPath": "/v0/evi/configs/a%20b"},
        {"urlPath": "/v0/evi/configs/a b"},
        {"urlPathPattern": "/v0/evi/.*"},
        {"urlPathTemplate": ID},
        {"urlPathTemplate": ID, "pathParameters": {"id": {"contains": "a"}}},
        {"queryParameters": {"page_size": {"equalTo": "1"}, "tag": {"equalTo": "y z"}}},
        {"queryParameters": {"page_size": {"equalTo": 1}, "name": {"absent": True}}},
        {"queryParameters": {"tag": {"hasExactly": [{"equalTo": "y z"}, {"equalTo": "x"}]}}},
        {"queryParameters": {"tag": {"includes": [{"equalTo": "x"}]}, "empty": {"equalTo": ""}}},
        {"headers": {"X-Test-Id": {"equalTo": "one"}, "ACCEPT": {"equalTo": "b"}}},
        {"cookies": {"t": {"equalTo": "2"}}},
        {"bodyPatterns": [{"equalToJson": {"name": "c"}}, {"contains": "name"}]},
        {"method": "POST", "url": None, "headers": {}},
    ],
)
def test_matching(pattern: dict[str, Any]) -> None:
    """Each field with what it holds for."""
    assert request_test(pattern)(REQUEST)


@pytest.mark.parametrize(
    "pattern",
    [
        {"method": "GET"},
        {"url": "/v0/evi/configs/a%20b"},
        {"urlPattern": "/v0/evi/configs/a%20b"},
        {"urlPath": "/v0/evi/configs"},
        {"urlPath": URL},
        {"urlPathPattern": "/v0/evi"},
        {"urlPathTemplate": "/v0/evi/configs/{id}/version/{version}"},
        {"urlPathTemplate": "/v0/evi/{kind}"},
        {"urlPathTemplate": ID, "pathParameters": {"id": {"equalTo": "a"}}},
        {"queryParameters": {"page_size": {"equalTo": "2"}}},
        {"queryParameters": {"Page_Size": {"equalTo": "1"}}},
        {"queryParameters": {"tag": {"hasExactly": [{"equalTo": "x"}]}}},
        {"queryParameters": {"tag": {"includes": [{"equalTo": "z"}]}}},
        {"queryParameters": {"empty": {"absent": True}}},
        {"headers": {"x-test-id": {"equalTo": "two"}}},
        {"headers": {"x-other": {"equalTo": "one"}}},
        {"cookies": {"T": {"equalTo": "2"}}},
        {"bodyPatterns": [{"contains": "name"}, {"equalTo": "c"}]},
        {"bodyPatterns": [{"absent": True}]},
        {"method": "POST", "urlPath": "/elsewhere"},
    ],
)
def test_not_matching(pattern: dict[str, Any]) -> None:
    """Every field has to fit, and as a whole."""
    assert not request_test(pattern)(REQUEST)


def test_an_empty_body() -> None:
    """It is a text, and it is absent."""
    for pattern in ({"equalTo": ""}, {"absent": True}, {"doesNotContain": "a"}):
        assert request_test({"bodyPatterns": [pattern]})(logged())
    assert not request_test({"bodyPatterns": [{"absent": False}]})(logged())


@pytest.mark.parametrize(
    ("pattern", "pointer", "says"),
    [
        ([], "/", "expected a JSON object"),
        ({"urlPth": "/"}, "/urlPth", "did you mean 'urlPath'?"),
        ({"customMatcher": {"name": "m"}}, "/customMatcher", "known: method, url, urlPattern"),
        ({"method": 1}, "/method", "expected a text, got 1"),
        ({"urlPathPattern": "["}, "/urlPathPattern", "unusable regular expression"),
        ({"pathParameters": {"id": {"equalTo": "a"}}}, "/pathParameters", "needs urlPathTemplate"),
        (
            {"urlPathTemplate": ID, "pathParameters": {"version": {"equalTo": "a"}}},
            "/pathParameters/version",
            "it has id",
        ),
        ({"headers": {"x": "one"}}, "/headers/x", "expected a JSON object, got 'one'"),
        ({"headers": {"x": {"equal": "one"}}}, "/headers/x/equal", "did you mean 'equalTo'?"),
        ({"headers": {"x": {"includes": "one"}}}, "/headers/x/includes", "a list of patterns"),
        ({"bodyPatterns": {"equalTo": "a"}}, "/bodyPatterns", "expected a list of patterns"),
        ({"bodyPatterns": ["a"]}, "/bodyPatterns/0", "expected a JSON object, got 'a'"),
        ({"urlPathTemplate": "/a" * 600}, "/urlPathTemplate", "not a path template"),
        (
            {"bodyPatterns": [{"equalToJson": [0] * MOST_VALUES}]},
            "/",
            f"expected at most {MOST_VALUES} values",
        ),
    ],
)
def test_mistakes(pattern: Any, pointer: str, says: str) -> None:
    """A pattern that isn't understood is refused: it would find too much."""
    with pytest.raises(ApiError) as caught:
        request_test(pattern)
    errors: Any = caught.value.body["errors"]
    [error] = errors
    assert error["source"]["pointer"] == pointer
    assert says in error["title"]


@pytest.mark.process
@pytest.mark.parametrize(
    "pattern",
    [{"urlPathPattern": "/(a+)+"}, {"urlPathTemplate": "/" + "{a}" * 40 + "!"}],
    ids=["pattern", "template"],
)
def test_no_path_takes_long(pattern: dict[str, Any]) -> None:
    """In a process of its own, since a match can't be interrupted."""
    program = (
        "from emulator.extras.wiremock.pattern import request_test\n"
        "from tests.extras.wiremock.logged import logged\n"
        f"assert not request_test({pattern!r})(logged(path='/' + 'a' * 60 + '-'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_", min_size=1)
REQUESTS = st.builds(
    logged,
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    path=TEXTS.map(lambda text: f"/{text}"),
    query=st.text("abc=&%+20", max_size=20),
    headers=st.lists(st.tuples(NAMES, TEXTS)).map(tuple),
    body=TEXTS,
)


@given(REQUESTS)
def test_a_request_fits_what_it_is(request: LoggedRequest) -> None:
    """A pattern of everything that a request has, each as equalTo, holds for it."""
    pattern = {
        "method": request.method,
        "url": request.url,
        "urlPath": request.path,
        "headers": {name: {"equalTo": value} for name, value in request.headers},
        "queryParameters": {name: {"equalTo": value} for name, value in request.query},
        "bodyPatterns": [{"equalTo": request.body}],
    }
    assert request_test(pattern)(request)


def test_how_a_request_is_shown() -> None:
    """As WireMock's clients read it, without keys."""
    shown = logged(
        "POST",
        "/v0/evi/configs",
        "api_key=s3cret&page_size=1",
        (("host", "here:1"), ("x-hume-api-key", "s3cret"), ("accept", "a"), ("accept", "b")),
        '{"language_model_api_key": "s3cret"}',
    ).to_event()
    request = shown["request"]
    assert "s3cret" not in str(shown)
    assert request["url"] == "/v0/evi/configs?api_key=(hidden)&page_size=1"
    assert request["absoluteUrl"] == "http://here:1" + request["url"]
    assert request["headers"] == {
        "Host": "here:1",
        "X-Hume-Api-Key": "(hidden)",
        "Accept": ["a", "b"],
    }
    assert request["queryParams"]["page_size"] == {"key": "page_size", "values": ["1"]}
    assert request["body"] == '{"language_model_api_key": "(hidden)"}'
    assert request["loggedDateString"] == "2025-01-01T00:00:00Z"
    assert (shown["response"]["status"], shown["response"]["statusMessage"]) == (200, "OK")
    assert (shown["response"]["body"], shown["response"]["bodyAsBase64"]) == ("{}", "e30=")
    assert shown["wasMatched"] is True
