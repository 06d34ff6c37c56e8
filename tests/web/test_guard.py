"""What a hostile page can have a browser send to the control API, and who is let through."""

import json

import httpx
import pytest
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator.errors import UsageError
from emulator.extras.mounts import MOUNTS
from emulator.server import Server, new_app
from emulator.settings import Settings

JOURNAL = "/_emulator/journal"
OPEN = ["/v0/evi/configs", "/openapi.json", "/openapi.yaml", "/_emulator/audio/x/y"]
KEY = {"X-Hume-Api-Key": "guarded"}


def client(**settings: object) -> TestClient:
    app = new_app(Settings(seed="empty", **settings), MOUNTS)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1:8484", headers=KEY)


@pytest.fixture(scope="module")
def local() -> TestClient:
    """An emulator that listens on loopback, as it does unless told otherwise."""
    return client()


@pytest.fixture(scope="module")
def everywhere() -> TestClient:
    """One that listens on all addresses."""
    return client(host="0.0.0.0")


def status(client: TestClient, path: str = JOURNAL, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=names).status_code


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost.", "app.localhost:1", "127.0.0.1:8484", "127.9.9.9", "[::1]:80", ""],
)
def test_this_machine_may_be_asked_by_its_names(local: TestClient, host: str) -> None:
    """Loopback names and addresses with any port; without a host no browser has asked."""
    assert status(local, Host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8484",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "notlocalhost",
        "localhost@rebound.example",
        "[::1",
        "192.0.2.7:8484",
    ],
)
def test_a_name_that_was_rebound_is_refused(local: TestClient, host: str) -> None:
    """Who owns a name may have it lead here: 403 says what to do."""
    answer = local.get(JOURNAL, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "host_refused")
    assert repr(host) in answer.json()["message"]
    assert "--allowed-hosts" in answer.json()["message"]


def test_wiremocks_routes_are_guarded(local: TestClient) -> None:
    """/__admin shows requests, so it is no page's either."""
    assert status(local, "/__admin/requests", Host="rebound.example") == 403
    assert status(local, "/__admin/requests", Origin="https://evil.example") == 403
    assert status(local, "/__admin/requests", Origin="http://localhost:3000") == 200


def test_each_of_several_hosts_counts(local: TestClient) -> None:
    """One good header does not hide a bad one."""
    hosts = [(b"Host", b"localhost"), (b"Host", b"rebound.example")]
    assert local.get(JOURNAL, headers=hosts).status_code == 403


@pytest.mark.parametrize("path", OPEN)
def test_the_api_is_open(local: TestClient, path: str) -> None:
    """Apps under test use it from wherever they are served, by whatever name."""
    hostile = {
        "Host": "app.example",
        "Origin": "https://app.example",
        "Sec_Fetch_Site": "cross-site",
    }
    assert status(local, path, **hostile) in (200, 404)


def test_allowed_hosts() -> None:
    """Names that were given are names of this machine, for requests and for pages."""
    named = client(allowed_hosts=("Emulator.test", "::2"))
    for host in ("emulator.test:8484", "emulator.TEST.", "[::2]:1"):
        assert status(named, Host=host) == 200
    assert status(named, Origin="http://emulator.test:3000") == 200
    assert status(named, Host="sub.emulator.test") == 403


@pytest.mark.parametrize(
    "host", ["emulator.test:8484", "http://emulator.test", "a/b", "[::1]", "*"]
)
def test_an_allowed_host_is_a_host(host: str) -> None:
    """Anything else is refused at the start, since it would never match."""
    with pytest.raises(UsageError, match="allowed_hosts must be names or addresses"):
        client(allowed_hosts=(host,))


def test_others_may_come_by_address_if_it_listens_for_them(everywhere: TestClient) -> None:
    """An address can't be rebound; behind a mapped port it is not one of our own."""
    assert status(everywhere, Host="192.0.2.7:8484") == 200
    assert status(everywhere, Host="[2001:db8::7]:8484") == 200
    assert status(everywhere, Host="0.0.0.0:8484") == 200
    assert status(everywhere, Host="emulator.internal") == 403
    assert status(everywhere, Host="192.0.2.7", Origin="http://192.0.2.7:3000") == 403


def test_the_bound_host_is_a_name_of_this_machine() -> None:
    """The one that `--host` names."""
    bound = client(host="machine.test")
    assert status(bound, Host="machine.test:8484", Origin="http://machine.test:3000") == 200


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        pytest.param({"Sec_Fetch_Site": "cross-site"}, 403, id="an image of a page"),
        pytest.param({"Sec_Fetch_Site": "none"}, 200, id="a typed address"),
        pytest.param({"Sec_Fetch_Site": "same-origin"}, 200, id="its own"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, 200, id="another port of this machine"),
        pytest.param(
            {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost:3000"},
            200,
            id="from localhost to 127.0.0.1",
        ),
        pytest.param(
            {"Sec_Fetch_Site": "cross-site", "Origin": "https://app.example"}, 403, id="a form"
        ),
        pytest.param({"Origin": "null"}, 403, id="a frame in a sandbox"),
    ],
)
def test_where_the_browser_says_it_comes_from(
    local: TestClient, headers: dict[str, str], wanted: int
) -> None:
    """Pages of this machine may ask; what others embed may not, even without an Origin."""
    assert status(local, **headers) == wanted


def test_a_refusal_tells_its_reason(local: TestClient) -> None:
    """The page that was refused is named; without one, what to use instead of a browser."""
    of_origin = local.get(JOURNAL, headers={"Origin": "https://app.example"}).json()
    assert of_origin["code"] == "origin_refused"
    assert "https://app.example" in of_origin["message"]
    embedded = local.get(JOURNAL, headers={"Sec-Fetch-Site": "cross-site"}).json()
    assert embedded["code"] == "cross_site_refused"
    assert "curl" in embedded["message"]


def test_nothing_happens_when_it_is_refused(local: TestClient) -> None:
    """A refused reset has reset nothing."""
    local.post("/v0/evi/prompts", json={"name": "mine", "text": ""})
    for headers in ({"Host": "rebound.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert local.post("/_emulator/reset", headers=headers).status_code == 403
    assert local.get("/v0/evi/prompts?name=mine").json()["total_pages"] == 1


def test_websockets_too(server: Server) -> None:
    """A handshake under /_emulator is refused the same way; one of the API is not."""
    address = server.url.replace("http", "ws")
    hostile = {"Origin": "https://app.example"}
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{address}/_emulator/x", additional_headers=hostile, proxy=None)
    response = refused.value.response
    assert response.status_code == 403
    assert json.loads(response.body or b"")["code"] == "origin_refused"
    with connect(
        f"{address}/v0/evi/chat", additional_headers={**hostile, **KEY}, proxy=None
    ) as socket:
        assert json.loads(socket.recv())["type"] == "chat_metadata"


def test_over_a_real_socket(remote: httpx.Client) -> None:
    """The address that a request came in on is the server's own."""
    assert remote.get(JOURNAL).status_code == 200
    assert remote.get(JOURNAL, headers={"Host": "rebound.example"}).status_code == 403
