"""Answers to order: once, so often, or always; checked against the document; or the test fails."""

import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.errors import ApiError, UsageError, ValidationFailed
from emulator.store.stubs import StubRequest
from emulator.testing.world import Evi
from emulator.web.short_circuit import STUB_HEADER
from tests.testing.talking import http, talking

STUBS = "/_emulator/stubs"
EMPTY_PAGE = {"page_number": 0, "page_size": 10, "total_pages": 0, "tools_page": []}


def statuses(evi: Evi, path: str, count: int) -> list[int]:
    with http(evi) as client:
        return [client.get(path).status_code for _ in range(count)]


# in Python


def test_once(evi: Evi) -> None:
    """The next call, and no other; what is answered says that it is a stub."""
    stub = evi.stub("list-configs", status=503)
    with http(evi) as client:
        assert client.get("/v0/evi/tools").status_code == 200
        answer = client.get("/v0/evi/configs")
        assert (answer.status_code, answer.headers[STUB_HEADER]) == (503, stub.id)
        assert STUB_HEADER not in client.get("/v0/evi/configs").headers
    evi.check_stubs()


def test_as_often_as_wanted(evi: Evi) -> None:
    """Twice; then always, which is asked of once at least."""
    evi.stub("list-configs", status=503, times=2)
    assert statuses(evi, "/v0/evi/configs", 3) == [503, 503, 200]
    evi.stub("list-tools", status=500, times=None)
    with pytest.raises(AssertionError, match="list-tools -> 500: used 0 of any times"):
        evi.check_stubs()
    assert statuses(evi, "/v0/evi/tools", 3) == [500, 500, 500]
    evi.check_stubs()


def test_in_order(evi: Evi) -> None:
    """Several for one operation are used one after the other: fails, fails, works."""
    evi.stub("list-tools", status=503)
    evi.stub("list-tools", status=500)
    evi.stub("list-tools", body=EMPTY_PAGE)
    assert statuses(evi, "/v0/evi/tools", 4) == [503, 500, 200, 200]


def test_body_and_headers(evi: Evi) -> None:
    """A body that the document allows, and headers such as Retry-After."""
    evi.stub("list-tools", body=EMPTY_PAGE, headers={"Retry-After": "7", "X-Mine": "ä"})
    with http(evi) as client:
        answer = client.get("/v0/evi/tools")
    assert answer.json() == EMPTY_PAGE
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"fault": {"faultstring": "Invalid ApiKey"}}),
        (404, {"error": "Not Found", "code": "stub"}),
        (429, {"error": "Too Many Requests", "code": "stub"}),
        (500, {"error": "Internal Server Error"}),
        (599, {"error": "Error", "message": "Stubbed"}),
    ],
)
def test_errors_need_no_body(evi: Evi, status: int, body: dict[str, Any]) -> None:
    """They get the service's own."""
    evi.stub("get-config-version", status=status)
    with http(evi) as client:
        answer = client.get("/v0/evi/configs/any/version/0").json()
    for name, value in body.items():
        assert answer[name] == value or answer[name].items() >= value.items()


def test_a_validation_error(evi: Evi) -> None:
    """422 without a body has one problem, as FastAPI words it."""
    evi.stub("create-config", status=422)
    with http(evi) as client:
        [problem] = client.post("/v0/evi/configs", json={}).json()["detail"]
    assert set(problem) == {"loc", "msg", "type"}


@pytest.mark.slow
def test_the_vendors_client_sees_it(evi: Evi) -> None:
    """Its error has the stub's status and body."""
    from hume.core.api_error import ApiError as HumeError

    evi.stub("list-tools", status=429, headers={"Retry-After": "0"}, times=None)
    with pytest.raises(HumeError) as failed:
        evi.client().empathic_voice.tools.list_tools()
    assert failed.value.status_code == 429


def test_a_stub_needs_a_key(evi: Evi) -> None:
    """It belongs to one world; whoever has no key, or another, never meets it."""
    evi.stub("list-configs", status=503)
    url = f"{evi.url}/v0/evi/configs"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"X-Hume-Api-Key": "another"}).status_code == 200
    assert statuses(evi, "/v0/evi/configs", 1) == [503]


def test_the_journal_tells(evi: Evi) -> None:
    """A stubbed call is an entry like any other, with its request."""
    evi.stub("create-config", status=500)
    with http(evi) as client:
        client.post("/v0/evi/configs", content=b"not even JSON")
    [entry] = evi.journal.entries("http")
    assert (entry["operation"], entry["status"], entry["request"]) == (
        "create-config",
        500,
        "not even JSON",
    )


def test_the_handler_is_not_run(evi: Evi) -> None:
    """Nothing is created, nothing is checked."""
    evi.stub("create-prompt", status=500)
    with http(evi) as client:
        client.post("/v0/evi/prompts", json={"name": "Mine", "text": "x"})
    assert "Mine" not in evi.prompts


def test_a_body_that_the_document_does_not_allow(evi: Evi) -> None:
    """It is refused with every problem, unless it is not to be checked; nothing is stubbed."""
    with pytest.raises(ValidationFailed) as failed:
        evi.stub("list-tools", body={"tools_page": 1})
    assert "tools_page" in str(failed.value)
    assert "total_pages" in str(failed.value)
    with pytest.raises(ValidationFailed):
        evi.stub("list-tools")
    with pytest.raises(ValidationFailed):
        evi.stub("get-config-version", status=404, body=["nonsense"])
    evi.check_stubs()
    evi.stub("list-tools", body={"tools_page": 1}, check=False)
    with http(evi) as client:
        assert client.get("/v0/evi/tools").json() == {"tools_page": 1}


def test_an_unknown_operation(evi: Evi) -> None:
    """The one that was probably meant is named."""
    with pytest.raises(ApiError, match="No operation is called 'list-config' .did you mean"):
        evi.stub("list-config")


def test_voices(evi: Evi) -> None:
    """Every operation that is served can be stubbed, /v0/tts/voices too."""
    evi.stub("list-voices", status=503)
    assert statuses(evi, "/v0/tts/voices?provider=HUME_AI", 1) == [503]


@pytest.mark.parametrize("wrong", [{"times": 0}, {"times": -1}, {"status": 99}, {"status": 1000}])
def test_numbers_that_make_no_sense(evi: Evi, wrong: dict[str, int]) -> None:
    """As over HTTP: a stub for no call at all, or with a status that is none."""
    try:
        with pytest.raises((ApiError, ValueError)):
            evi.stub("list-configs", wrong.get("status", 500), times=wrong.get("times", 1))
    finally:
        evi.world.stubs.clear()


def test_a_content_type_of_ones_own(evi: Evi) -> None:
    """A gateway's answer may be HTML: the stub's header takes the place of the usual one."""
    evi.stub("list-configs", status=502, headers={"Content-Type": "text/html"})
    with http(evi) as client:
        answer = client.get("/v0/evi/configs")
    assert answer.headers.get_list("content-type") == ["text/html"]


def test_no_content(evi: Evi) -> None:
    """A status that has no body gets none: the next answer on the connection stays readable."""
    evi.stub("delete-config", status=204)
    with http(evi) as client:
        answer = client.delete("/v0/evi/configs/any")
        assert answer.headers.get("content-length") in (None, "0")
        assert client.get("/v0/evi/configs").status_code == 200


def test_a_body_that_is_no_json(evi: Evi) -> None:
    """It is refused at once, where the mistake was made."""
    try:
        with pytest.raises((ApiError, TypeError, ValueError)):
            evi.stub("list-configs", status=500, body={"when": {1, 2}}, check=False)
    finally:
        evi.world.stubs.clear()


def test_unused_stubs(evi: Evi) -> None:
    """All of them are named, with how often they were used."""
    evi.stub("list-configs", status=503, times=3)
    evi.stub("list-tools", status=404)
    statuses(evi, "/v0/evi/configs", 1)
    with pytest.raises(AssertionError) as failed:
        evi.check_stubs()
    assert str(failed.value) == (
        "stubs that nobody used: list-configs -> 503: used 1 of 3 times; "
        "list-tools -> 404: used 0 of 1 times"
    )
    evi.reset()  # with the world's data go its stubs
    evi.check_stubs()


def test_chats_go_on(evi: Evi) -> None:
    """A stub of REST does not reach the socket."""
    evi.stub("list-chats", status=500, times=None)
    with talking(evi):
        assert evi.next_chat().is_live
    assert statuses(evi, "/v0/evi/chats", 1) == [500]


# over HTTP


def test_routes(evi: Evi) -> None:
    """Made, shown with its use, and taken away."""
    with http(evi) as client:
        given = {"operation": "list-tools", "status": 503, "times": 2, "headers": {"X-A": "b"}}
        made = client.post(STUBS, json=given)
        assert made.status_code == 201
        assert made.json().items() >= {**given, "used": 0}.items()
        answer = client.get("/v0/evi/tools")
        assert (answer.status_code, answer.headers["X-A"]) == (503, "b")
        [shown] = client.get(STUBS).json()["stubs"]
        assert shown == {**made.json(), "used": 1}
        assert answer.headers[STUB_HEADER] == shown["id"]
        assert client.delete(STUBS).status_code == 204
        assert client.get(STUBS).json() == {"stubs": []}
        assert client.get("/v0/evi/tools").status_code == 200
    evi.check_stubs()


def test_a_stub_over_http_is_the_tests_too(evi: Evi) -> None:
    """Whoever made it: it must be used."""
    with http(evi) as client:
        client.post(STUBS, json={"operation": "list-tools", "body": EMPTY_PAGE})
        with pytest.raises(AssertionError, match="list-tools -> 200: used 0 of 1 times"):
            evi.check_stubs()
        client.get("/v0/evi/tools")
    evi.check_stubs()


def test_for_ever_over_http(evi: Evi) -> None:
    """times null is for all calls, check false for any body."""
    with http(evi) as client:
        given = {"operation": "list-tools", "body": 1, "check": False, "times": None}
        assert client.post(STUBS, json=given).json()["times"] is None
        assert [client.get("/v0/evi/tools").json() for _ in range(3)] == [1, 1, 1]


# matched by the request


@pytest.mark.parametrize(
    ("match", "fitting", "other"),
    [
        ({"query": {"page_size": 5}}, "?page_size=5&page_number=0", "?page_size=50"),
        ({"query": {"restrict_to_most_recent": False}}, "?restrict_to_most_recent=false", ""),
        ({"query": {"x": ["1", "2"]}}, "?x=1&x=2", "?x=1"),
        ({"query": {"name": "a b"}}, "?name=a%20b", "?name=a"),
        ({"path": "/v0/evi/tool?"}, "", None),
    ],
)
def test_by_query(evi: Evi, match: dict[str, Any], fitting: str, other: str | None) -> None:
    """The parameters that are named, as texts; others do not matter."""
    evi.stub("list-tools", status=503, match=match, times=None)
    assert statuses(evi, f"/v0/evi/tools{fitting}", 1) == [503]
    if other is not None:
        assert statuses(evi, f"/v0/evi/tools{other}", 1) == [200]


def test_by_headers_and_body(evi: Evi) -> None:
    """Headers in any case; some fields of a body, also within others."""
    evi.stub("create-config", status=409, match={"body": {"voice": {"name": "Ava Song"}}})
    evi.stub("create-prompt", status=500, match={"headers": {"X-Mine": "yes"}})
    config = {"evi_version": "3", "name": "Mine", "voice": {"name": "Ito", "provider": "HUME_AI"}}
    prompt = {"name": "Mine", "text": "x"}
    with http(evi) as client:
        assert client.post("/v0/evi/configs", json=config).status_code == 201
        config["voice"] = {"name": "Ava Song", "provider": "HUME_AI"}
        assert client.post("/v0/evi/configs", json=config).status_code == 409
        assert client.post("/v0/evi/prompts", json=prompt).status_code == 201
        other = {**prompt, "name": "Other"}
        answer = client.post("/v0/evi/prompts", json=other, headers={"x-mine": "yes"})
        assert answer.status_code == 500


def test_a_stub_that_was_missed(evi: Evi) -> None:
    """The failure says how the last request differs, and only in what."""
    evi.stub("list-tools", status=503, match={"query": {"page_size": 5, "name": "A"}})
    statuses(evi, "/v0/evi/tools?page_size=6&name=A", 1)
    with pytest.raises(AssertionError) as failed:
        evi.check_stubs()
    told = "(a request differs: query.page_size: wanted '5', got '6')"
    assert str(failed.value).endswith(f"used 0 of 1 times {told}")
    evi.reset()


def test_the_first_that_fits(evi: Evi) -> None:
    """Of several the oldest whose match the request has, and one without a match for the rest."""
    evi.stub("list-tools", status=500, match={"query": {"name": "A"}})
    evi.stub("list-tools", status=503, times=2)
    paths = ("/v0/evi/tools", "/v0/evi/tools?name=A", "/v0/evi/tools?name=A", "/v0/evi/tools")
    assert [statuses(evi, path, 1)[0] for path in paths] == [503, 500, 503, 200]


@pytest.mark.parametrize(
    ("match", "part"),
    [
        ({"querry": {}}, "did you mean 'query'"),
        ({"query": "a=b"}, "an object of texts by name, got 'a=b'"),
        ("a=b", "an object with path, query, headers, body"),
        ({"body": object()}, "can't be JSON"),
    ],
)
def test_mistakes_in_the_match(evi: Evi, match: Any, part: str) -> None:
    with pytest.raises(ValidationFailed, match=part):
        evi.stub("list-tools", status=503, match=match)


# callables


def test_a_callable(evi: Evi) -> None:
    """It gets the request, and returns a body, a status, or both with headers."""
    seen: list[StubRequest] = []

    def answer(request: StubRequest) -> object:
        seen.append(request)
        said = {
            0: EMPTY_PAGE,
            1: 503,
            2: (200, EMPTY_PAGE),
            3: (429, None, {"Retry-After": "1"}),
        }
        return said[len(evi.journal.entries("http"))]  # in a thread: the loop goes on

    evi.stub("list-tools", answer=answer, times=4)
    with http(evi) as client:
        answers = [client.get("/v0/evi/tools?name=A&x=1&x=2") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 503, 200, 429]
    assert (answers[0].json(), answers[3].headers["Retry-After"]) == (EMPTY_PAGE, "1")
    first = seen[0]
    assert (first.method, first.path, first.body) == ("GET", "/v0/evi/tools", None)
    assert first.query == {"name": "A", "x": ["1", "2"]}
    assert first.headers["x-hume-api-key"] == evi.api_key
    assert evi.api_key not in repr(first)
    evi.check_stubs()


def test_what_a_stub_tells_of_itself_has_no_credentials(evi: Evi) -> None:
    """It may be matched by a key or a token, which failures and the timeline would show."""
    match = {"headers": {"Authorization": "Bearer s3cret"}, "query": {"api_key": "s3cret"}}
    stub = evi.stub("list-tools", match=match, check=False)
    told = "list-tools -> 200 for headers {'authorization': '(hidden)'}, query {'api_key': '(hid"
    assert told in repr(stub)
    with pytest.raises(AssertionError) as failed:
        evi.check_stubs()
    assert "s3cret" not in str(failed.value) + evi.timeline()
    evi.reset()


def test_what_a_callable_raises_fails_the_test(evi: Evi) -> None:
    """The client gets 500; the test's failure has the callable's own traceback."""

    def broken(request: StubRequest) -> object:
        assert request.body == {"name": "x"}
        return None

    evi.stub("create-tool", answer=broken)
    with http(evi) as client:
        answer = client.post("/v0/evi/tools", json={"name": "y"})
    assert (answer.status_code, answer.json()["code"]) == (500, "stub_failed")
    assert "The stub's callable raised AssertionError" in answer.json()["message"]
    with pytest.raises(AssertionError, match="callable of a stub raised Asse") as failed:
        evi.check_stubs()
    error = failed.value.__cause__
    assert error is not None
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)][-1] == "broken"
    evi.reset()  # it is told; this test ends well


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (99, "a stub's callable returns a body, a status, .*; got .99"),
        ((200,), "got .200"),
        ((200, {}, "x"), "callable returns"),
        ((200, {}, {"X-Count": 3}), "callable returns"),
        ((200, {}, {"X-Name": "a\r\nb: c"}), "callable returns"),
        ({"tools_page": 1}, "tools_page"),
        (object(), "JSON"),
    ],
)
def test_what_a_callable_may_return(evi: Evi, said: object, part: str) -> None:
    """Anything else is told, and so is a body that the document does not allow."""
    evi.stub("list-tools", answer=lambda request: said)
    assert statuses(evi, "/v0/evi/tools", 1) == [500]
    with pytest.raises(AssertionError, match=part):
        evi.check_stubs()
    evi.reset()


def test_a_failure_of_pytest_in_a_callable(evi: Evi) -> None:
    """pytest.fail raises what is no Exception."""
    evi.stub("list-tools", answer=lambda request: pytest.fail("no tools, please"))
    assert statuses(evi, "/v0/evi/tools", 1) == [500]
    with pytest.raises(AssertionError, match="no tools, please"):
        evi.check_stubs()
    evi.reset()


def test_mistakes_about_callables(evi: Evi) -> None:
    async def later(request: StubRequest) -> None: ...

    with pytest.raises(UsageError, match="a function that is not async"):
        evi.stub("list-tools", answer=later)
    with pytest.raises(UsageError, match="leave out one of them"):
        evi.stub("list-tools", body={}, answer=lambda request: 200)


def test_callables_are_left_out_of_files(evi: Evi, tmp_path: Path) -> None:
    """A file can't hold one; a snapshot in memory can, and a match is in both."""
    evi.stub("list-tools", answer=lambda request: 503, times=None)
    evi.stub("list-configs", status=503, match={"query": {"name": "A"}}, times=None)
    snapshot = evi.snapshot()
    evi.save(tmp_path / "world.json")
    evi.load(tmp_path / "world.json")
    assert statuses(evi, "/v0/evi/tools", 1) == [200]
    assert statuses(evi, "/v0/evi/configs?name=A", 1) == [503]
    evi.restore(snapshot)
    assert statuses(evi, "/v0/evi/tools", 1) == [503]
    with http(evi) as client:
        tools, configs = client.get(STUBS).json()["stubs"]
    assert (tools["callable"], configs["match"]) == (True, {"query": {"name": "A"}})
    evi.reset()


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({}, 422, "operation"),
        ({"operation": "list-config"}, 400, "did you mean 'list-configs'"),
        ({"operation": "list-tools", "stauts": 500}, 422, "stauts"),
        ({"operation": "list-tools", "status": 99}, 422, "status"),
        ({"operation": "list-tools", "times": 0}, 422, "times"),
        ({"operation": "list-tools", "headers": {"X": 1}}, 422, "headers"),
        ({"operation": "list-tools", "body": {"tools_page": 1}}, 422, "tools_page"),
        ({"operation": "list-tools", "check": "no"}, 422, "check"),
        ({"operation": "list-tools", "match": {"querry": {}}}, 422, "querry"),
    ],
)
def test_mistakes_over_http(evi: Evi, body: dict[str, Any], status: int, part: str) -> None:
    """They are refused with what is wrong, and nothing is stubbed."""
    with http(evi) as client:
        answer = client.post(STUBS, json=body)
        assert answer.status_code == status
        assert part in answer.text
        assert client.get(STUBS).json() == {"stubs": []}


def test_worlds_have_their_own(evi: Evi) -> None:
    """Nobody sees, or takes away, another world's stubs."""
    evi.stub("list-tools", status=500)
    with http(evi) as client:
        other = {"X-Hume-Api-Key": "somebody else's stubs"}
        assert client.get(STUBS, headers=other).json() == {"stubs": []}
        assert client.delete(STUBS, headers=other).status_code == 204
        assert httpx.get(f"{evi.url}{STUBS}").status_code == 401
    assert statuses(evi, "/v0/evi/tools", 1) == [500]
