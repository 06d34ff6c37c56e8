"""What arrives over a real connection when a request is to break."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulator.errors import PHRASES, UsageError, body_of
from emulator.faults.http import GARBAGE
from emulator.faults.table import KINDS
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from emulator.web.short_circuit import FAULT_HEADER
from tests.testing.talking import http
from tests.web.wire import Wire, errors_logged

pytestmark = pytest.mark.usefixtures("no_error_is_logged")

CONFIGS = "/v0/evi/configs"
ONE_CONFIG = f"{CONFIGS}?page_size=1"
NEW_CONFIG = {"evi_version": "3", "name": "A new one"}
QUICK: dict[str, dict[str, Any]] = {"delay": {"delay_ms": 1}, "slow": {"bytes_per_s": 1_000_000}}
FAULTS = tuple(fault for fault in KINDS["http"].faults if fault != "error_line")  # of any answer


@pytest.fixture
def client(evi: Evi) -> Iterator[httpx.Client]:
    with http(evi) as client:
        yield client


def exchange(evi: Evi, method: str = "GET", path: str = ONE_CONFIG, body: Any = None) -> Wire:
    return Wire(evi.url, evi.api_key).ask(method, path, body).read()


def names(evi: Evi) -> list[str]:
    return [config["name"] for config in evi.configs]


def entries(evi: Evi, *kinds: str) -> list[dict[str, Any]]:
    return [entry for entry in evi.journal.entries() if entry["kind"] in kinds]


# each fault


@pytest.mark.parametrize("fault", FAULTS)
def test_a_use_is_in_the_journal(evi: Evi, client: httpx.Client, fault: str) -> None:
    """An entry 'fault' with the rule, then that of the request; the next request is whole."""
    rule = evi.faults.add("http", fault, times=1, operation="list-configs", **QUICK.get(fault, {}))
    exchange(evi)
    evi.journal.wait_for("http", path=CONFIGS)
    assert client.get(ONE_CONFIG).status_code == 200

    struck, asked, again = entries(evi, "fault", "http")
    what = {"operation": "list-configs", "method": "GET", "path": CONFIGS}
    assert struck.items() >= {"rule": rule.id, "of": "http", "fault": fault, **what}.items()
    assert struck["kind"] == "fault"
    expected = {"reset": None, "status": 503}.get(fault, 200)
    assert asked.items() >= {"kind": "http", "status": expected, **what}.items()
    assert again["status"] == 200
    assert rule.used == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_control_routes_never_break(evi: Evi, client: httpx.Client, fault: str) -> None:
    """A rule that is for everything leaves those alone with which it is taken back."""
    rule = evi.faults.add("http", fault, **QUICK.get(fault, {}))
    for path in ("/_emulator/health", "/_emulator/journal", "/_emulator/faults", "/openapi.json"):
        assert client.get(path).is_success
    token = client.post(
        "/oauth2-cc/token", data={"grant_type": "client_credentials"}, auth=(evi.api_key, "x")
    )
    assert token.is_success
    assert rule.used == 0
    client.delete("/_emulator/faults")
    assert client.get(ONE_CONFIG).json()["configs_page"]


@pytest.mark.parametrize("status", sorted(PHRASES))
def test_a_status(evi: Evi, client: httpx.Client, status: int) -> None:
    """Its body has the service's shape for that status, and nothing is done."""
    rule = evi.faults.add("http", "status", status=status, method="POST")
    answer = client.post(CONFIGS, json=NEW_CONFIG)

    assert answer.status_code == status
    assert answer.json() == body_of(status, "A fault that was asked for.", "fault")
    assert answer.headers[FAULT_HEADER] == rule.id
    assert answer.headers["Content-Type"] == "application/json"
    assert "Retry-After" not in answer.headers
    assert NEW_CONFIG["name"] not in names(evi)


@pytest.mark.parametrize(("wait_s", "text"), [(7, "7"), (0.05, "0.05"), (0, "0"), (1.0, "1")])
def test_when_to_come_back(evi: Evi, client: httpx.Client, wait_s: float, text: str) -> None:
    """`retry_after_s` is the header Retry-After, as short as can be."""
    evi.faults.add("http", "status", status=429, retry_after_s=wait_s)
    assert client.get(ONE_CONFIG).headers["Retry-After"] == text


def test_an_answer_of_ones_own(evi: Evi, client: httpx.Client) -> None:
    """`headers` and `body` are sent as given; a header of one's own counts."""
    evi.faults.add(
        "http",
        "status",
        status=502,
        headers={"Content-Type": "application/problem+json", "X-Gateway": "down"},
        body={"title": "Bad gateway"},
    )
    answer = client.get(ONE_CONFIG)
    assert (answer.status_code, answer.json()) == (502, {"title": "Bad gateway"})
    assert answer.headers["X-Gateway"] == "down"
    assert answer.headers.get_list("Content-Type") == ["application/problem+json"]


@pytest.mark.evi(random_seed=1)
def test_one_of_several_statuses(evi: Evi, client: httpx.Client) -> None:
    """Of a list each request gets one, and all have their turn."""
    evi.faults.add("http", "status", status=[500, 502, 503])
    seen = [client.get(ONE_CONFIG).status_code for _ in range(30)]
    assert set(seen) == {500, 502, 503}


@pytest.mark.parametrize(("delay_ms", "least_ms"), [(60, 58), ([40, 80], 38)])
@pytest.mark.evi(clock="manual")
def test_a_delay(evi: Evi, client: httpx.Client, delay_ms: Any, least_ms: int) -> None:
    """The answer is whole, and later in real time, though the world's clock stands."""
    began_ms = evi.clock.now_ms
    evi.faults.add("http", "delay", delay_ms=delay_ms)
    begun = time.monotonic()
    answer = client.get(ONE_CONFIG)
    took_ms = (time.monotonic() - begun) * 1000

    assert answer.json()["page_size"] == 1
    assert took_ms >= least_ms
    assert entries(evi, "http")[0]["duration_ms"] >= least_ms
    assert evi.clock.now_ms == began_ms


def test_a_delay_holds_up_nobody_else(evi: Evi, client: httpx.Client) -> None:
    """Others are answered while one waits."""
    evi.faults.add("http", "delay", delay_ms=500, times=1)
    waiting = Wire(evi.url, evi.api_key).ask("GET", ONE_CONFIG)
    evi.journal.wait_for("fault", fault="delay")
    assert client.get(f"{CONFIGS}?page_size=2").status_code == 200
    assert waiting.read().head.startswith("HTTP/1.1 200")
    assert [entry["query"] for entry in entries(evi, "http")] == ["page_size=2", "page_size=1"]


def test_a_reset_request_is_not_done(evi: Evi) -> None:
    """Not a byte comes but ECONNRESET, and there is no new config."""
    evi.faults.add("http", "reset")
    wire = exchange(evi, "POST", CONFIGS, NEW_CONFIG)
    assert (wire.was_reset, wire.came) == (True, b"")
    assert NEW_CONFIG["name"] not in names(evi)


def test_a_reset_in_the_middle_of_a_request(evi: Evi) -> None:
    """It does not wait for a body that is never sent whole."""
    evi.faults.add("http", "reset")
    wire = Wire(evi.url, evi.api_key)
    head = f"POST {CONFIGS} HTTP/1.1\r\nHost: x\r\nX-Hume-Api-Key: {evi.api_key}\r\n"
    wire.send(f"{head}Content-Length: 100000\r\n\r\nhalf".encode())
    assert wire.read().was_reset


def test_a_lost_answer_is_done(evi: Evi) -> None:
    """Not a byte comes but ECONNRESET, and the config is there; the journal has the answer."""
    evi.faults.add("http", "lost")
    wire = exchange(evi, "POST", CONFIGS, NEW_CONFIG)
    assert (wire.was_reset, wire.came) == (True, b"")
    assert NEW_CONFIG["name"] in names(evi)
    assert evi.journal.wait_for("http", operation="create-config")["status"] == 201


def test_a_truncated_answer(evi: Evi) -> None:
    """The head is whole, half of the body follows, then the connection ends in peace."""
    whole = exchange(evi)
    evi.faults.add("http", "truncated")
    wire = exchange(evi)

    assert wire.head.splitlines()[0] == whole.head.splitlines()[0]
    assert wire.promised == whole.promised == len(whole.body)
    assert wire.body == whole.body[: len(whole.body) // 2]
    assert not wire.was_reset


def test_a_truncated_answer_is_an_error_for_httpx(evi: Evi, client: httpx.Client) -> None:
    """A client that counts notices."""
    evi.faults.add("http", "truncated", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.get(ONE_CONFIG)
    assert client.get(ONE_CONFIG).status_code == 200


def test_garbage(evi: Evi, client: httpx.Client) -> None:
    """A success by its head, whose body neither UTF-8 nor JSON has."""
    evi.faults.add("http", "garbage", times=1)
    answer = client.get(ONE_CONFIG)
    assert (answer.status_code, answer.content) == (200, GARBAGE)
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    assert client.get(ONE_CONFIG).json()["page_size"] == 1  # on the same connection


def test_drops(evi: Evi) -> None:
    """A slow answer comes piece by piece, as slowly as was asked for, and whole."""
    whole = exchange(evi)
    evi.faults.add("http", "slow", bytes_per_s=len(whole.body) * 4)
    begun = time.monotonic()
    wire = exchange(evi)
    took_s = time.monotonic() - begun

    assert (wire.body, wire.promised) == (whole.body, whole.promised)
    assert len(wire.pieces) > 2
    assert took_s >= 0.2  # a quarter of a second, about


def test_drops_hold_up_nobody_else(evi: Evi, client: httpx.Client) -> None:
    """Others are answered meanwhile; and one may hang up in the middle."""
    length = len(client.get(ONE_CONFIG).content)
    evi.faults.add("http", "slow", bytes_per_s=length * 2, times=1)
    wire = Wire(evi.url, evi.api_key).ask("GET", ONE_CONFIG)
    assert wire.socket.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert client.get(ONE_CONFIG).status_code == 200
    wire.socket.close()


@pytest.mark.parametrize(("fault", "option"), [("delay", "delay_ms"), ("slow", "bytes_per_s")])
def test_who_hangs_up_is_forgotten(
    caplog: pytest.LogCaptureFixture, fault: str, option: str
) -> None:
    """A long delay or a slow answer ends with its client, so a server can end in peace."""
    with Emulator() as server:
        evi = server.world()
        evi.faults.add("http", fault, **{option: 3_600_000 if fault == "delay" else 1})
        wire = Wire(evi.url, evi.api_key).ask("GET", ONE_CONFIG)
        evi.journal.wait_for("fault")
        wire.socket.close()
    assert errors_logged(caplog) == []


@pytest.mark.parametrize("fault", ["truncated", "garbage", "slow", "lost"])
def test_an_error_breaks_as_well(evi: Evi, fault: str) -> None:
    """What is answered with 404 is struck like what is answered with 200."""
    evi.faults.add("http", fault, **QUICK.get(fault, {}))
    path = f"{CONFIGS}/00000000-0000-4000-8000-000000000000"
    wire = exchange(evi, "GET", path)
    assert wire.was_reset == (fault == "lost")
    assert fault == "lost" or wire.head.startswith("HTTP/1.1 404")
    assert [each["fault"] for each in entries(evi, "fault")] == [fault]


@pytest.mark.parametrize(
    "fault",
    ["truncated", "garbage", "slow"],
)
@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body(
    evi: Evi, caplog: pytest.LogCaptureFixture, fault: str, status: int
) -> None:
    """It has nothing to break: its head comes, and no body."""
    evi.faults.add("http", "status", status=status)
    evi.faults.add("http", fault, **QUICK.get(fault, {}))
    wire = exchange(evi)
    assert wire.head.startswith(f"HTTP/1.1 {status}")
    assert wire.body == b""
    assert errors_logged(caplog) == []


# which requests


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({}, ["list", "create", "prompts"]),
        ({"operation": "list-configs"}, ["list"]),
        ({"method": "POST"}, ["create"]),
        ({"path": CONFIGS}, ["list", "create"]),
        ({"path": "/v0/evi/p*"}, ["prompts"]),
        ({"path": "*/configs", "method": "GET"}, ["list"]),
        ({"operation": "create-config", "method": "GET"}, []),
        ({"path": "/v0/evi"}, []),
    ],
)
def test_which_requests(
    evi: Evi, client: httpx.Client, match: dict[str, Any], struck: list[str]
) -> None:
    """A request is struck if all that the rule names is so; the query is no part of the path."""
    rule = evi.faults.add("http", "status", **match)
    answers = {
        "list": client.get(ONE_CONFIG),
        "create": client.post(CONFIGS, json=NEW_CONFIG),
        "prompts": client.get("/v0/evi/prompts"),
    }
    assert [name for name, answer in answers.items() if answer.status_code == 503] == struck
    assert rule.used == len(struck)


def test_the_first_times_only(evi: Evi, client: httpx.Client) -> None:
    """`times` counts requests that were struck; then the next rule has its turn."""
    evi.faults.add("http", "status", status=500, times=2)
    evi.faults.add("http", "status", status=502, times=1)
    seen = [client.get(ONE_CONFIG).status_code for _ in range(4)]
    assert seen == [500, 500, 502, 200]


def test_other_worlds_are_whole(evi: Evi, evi_server: Any, client: httpx.Client) -> None:
    """A rule is its world's own."""
    other = evi_server.world()
    evi.faults.add("http", "status")
    with http(other) as neighbour:
        assert neighbour.get(ONE_CONFIG).status_code == 200
    assert client.get(ONE_CONFIG).status_code == 503
    other.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_chance_is_the_same_in_every_run(evi_server: Any, seed: int) -> None:
    """With a random seed, the same requests of two worlds are struck."""

    def seen() -> list[int]:
        evi = evi_server.world(random_seed=seed)
        evi.faults.add("http", "status", probability=0.5)
        with http(evi) as client:
            statuses = [client.get(ONE_CONFIG).status_code for _ in range(20)]
        evi.close()
        return statuses

    first = seen()
    assert first == seen()
    assert set(first) == {200, 503}


# a preference


@pytest.mark.parametrize("status", [404, 429, 500, 503, 599, 400, 422, 401])
def test_a_preferred_answer(evi: Evi, client: httpx.Client, status: int) -> None:
    """`Prefer: code=` gets that answer, marked, for this request alone; nothing is done."""
    answer = client.post(CONFIGS, json=NEW_CONFIG, headers={"Prefer": f"code={status}"})
    assert answer.status_code == status
    assert answer.json() == body_of(status, "Asked for by the header 'Prefer'.", "preferred")
    assert answer.headers[FAULT_HEADER] == "prefer"
    assert answer.headers["Preference-Applied"] == f"code={status}"
    assert NEW_CONFIG["name"] not in names(evi)
    assert client.post(CONFIGS, json=NEW_CONFIG).status_code == 201


@pytest.mark.parametrize(
    "preference",
    ["code=201", "respond-async", "return=minimal", "wait=5", "CODE = 201", "codes=404", ""],
)
def test_preferences_that_change_nothing(client: httpx.Client, preference: str) -> None:
    """What the operation answers anyway, and other preferences."""
    answer = client.post(CONFIGS, json=NEW_CONFIG, headers={"Prefer": preference})
    assert answer.status_code == 201
    assert FAULT_HEADER not in answer.headers


@pytest.mark.parametrize("wanted", ["200", "204", "302", "399", "600", "0", "", "abc", "4.0", "-4"])
def test_a_preference_that_cannot_be(evi: Evi, client: httpx.Client, wanted: str) -> None:
    """A status that is neither documented nor an error is a 400 that says what can be."""
    answer = client.post(CONFIGS, json=NEW_CONFIG, headers={"Prefer": f"code={wanted}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "preference_unknown")
    assert "create-config declares 201" in answer.json()["message"]
    assert NEW_CONFIG["name"] not in names(evi)


def test_a_preference_in_strange_digits(client: httpx.Client) -> None:
    """A superscript two is a digit to Python and no status to anybody."""
    answer = client.get(ONE_CONFIG, headers=[(b"Prefer", b"code=\xb2")])
    assert (answer.status_code, answer.json()["code"]) == (400, "preference_unknown")


@pytest.mark.parametrize("preference", ["code=404, wait=5", "respond-async, code=404"])
def test_a_preference_among_others(client: httpx.Client, preference: str) -> None:
    """One header may hold several preferences (RFC 7240)."""
    assert client.get(ONE_CONFIG, headers={"Prefer": preference}).status_code == 404


def test_a_preference_goes_before_a_rule(evi: Evi, client: httpx.Client) -> None:
    """What a request asks for itself counts, and uses up no rule."""
    rule = evi.faults.add("http", "status", status=503)
    assert client.get(ONE_CONFIG, headers={"Prefer": "code=404"}).status_code == 404
    assert rule.used == 0


# too many requests


@pytest.mark.evi(clock="manual", requests_per_second=2)
def test_a_rate_limit(evi: Evi, client: httpx.Client) -> None:
    """As many as in a second at once, then 429 until the world's clock has moved."""

    def statuses(number: int) -> list[int]:
        return [client.get(ONE_CONFIG).status_code for _ in range(number)]

    assert statuses(4) == [200, 200, 429, 429]
    refused = client.get(ONE_CONFIG)
    assert refused.json()["code"] == "too_many_requests"
    wanted = {"Retry-After": "1", "Retry-After-Ms": "500", "X-RateLimit-Limit": "2"}
    assert {name: refused.headers[name] for name in wanted} == wanted
    assert client.get("/_emulator/health").status_code == 200

    evi.clock.advance(ms=499)
    assert statuses(1) == [429]
    evi.clock.advance(ms=1)
    assert statuses(2) == [200, 429]
    evi.clock.advance(seconds=60)
    assert statuses(3) == [200, 200, 429]
    evi.reset()
    assert statuses(1) == [200]


@pytest.mark.evi(clock="manual", requests_per_second=1)
def test_a_limit_is_its_worlds_own(evi: Evi, evi_server: Any, client: httpx.Client) -> None:
    """The neighbour has as many as ever."""
    other = evi_server.world()
    assert [client.get(ONE_CONFIG).status_code for _ in range(2)] == [200, 429]
    with http(other) as neighbour:
        assert [neighbour.get(ONE_CONFIG).status_code for _ in range(3)] == [200] * 3
    other.close()


@pytest.mark.parametrize(
    ("kind", "fault", "fields"),
    [
        ("http", "status", {"times": 0}),
        ("http", "status", {"probability": 2}),
        ("http", "status", {"status": 42}),
        ("http", "status", {"operation": "list-confgs"}),
        ("http", "delay", {"delay_ms": "5s"}),
        ("http", "delay", {"delay_ms": [300, 100]}),
        ("http", "slow", {"bytes_per_s": 0}),
        ("http", "status", {"headers": {"A": "b\r\nC: d"}}),
        ("socket", "close", {"code": 1005}),
        ("socket", "close", {"turn": "2"}),
        ("socket", "refuse", {"turn": 2}),
    ],
)
def test_a_value_that_cannot_be(
    evi: Evi, client: httpx.Client, kind: str, fault: str, fields: dict[str, Any]
) -> None:
    """A test in Python is told of its mistake as one over HTTP is, and at once."""
    with pytest.raises(UsageError):
        evi.faults.add(kind, fault, **fields)
    body = {"kind": kind, "fault": fault, **fields}
    assert client.post("/_emulator/faults", json=body).status_code == 422
    assert list(evi.faults) == []
