"""What is changed in a request that is led to a world."""

import ast
import re
from pathlib import Path

import pytest

from emulator.redirection.hosts import SERVICE_HOSTS, BadTarget, is_service
from emulator.redirection.target import Target, read_target

PACKAGE = Path(__file__).parents[2] / "emulator"
OLDEST = (3, 8)  # of the Pythons whose programs are redirected

WORLD = read_target("http://127.0.0.1:8484", "a&b")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v0/evi/configs", "/v0/evi/configs"),
        ("/v0/evi/chat?api_key=live&config_id=1", "/v0/evi/chat?api_key=a%26b&config_id=1"),
        ("/v0/evi/chat?x=1&apiKey=live", "/v0/evi/chat?x=1&apiKey=a%26b"),
        ("/v0/evi/chat?access_token=t", "/v0/evi/chat?access_token=t"),
        ("/v0/evi/chat?my_api_key=1", "/v0/evi/chat?my_api_key=1"),
    ],
)
def test_a_key_in_the_query(path: str, expected: str) -> None:
    """It becomes the world's; everything else stays as it is."""
    assert WORLD.path_for(path) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-Hume-Api-Key", "live", "a&b"),
        ("Host", "api.hume.ai", "127.0.0.1:8484"),
        ("Authorization", "Bearer token", "Bearer token"),
        ("authorization", "Basic bGl2ZTpzZWNyZXQ=", "Basic YSZiOnNlY3JldA=="),  # live:secret
        ("Authorization", "Basic ?", "Basic ?"),
        ("Accept", "*/*", "*/*"),
    ],
)
def test_a_key_in_a_header(name: str, value: str, expected: str) -> None:
    """It becomes the world's, and the host the emulator's; tokens are the world's already."""
    assert WORLD.header_for(name, value) == expected


def test_an_address_with_a_path() -> None:
    """The path comes before the service's; IPv6 has its brackets, https its port."""
    target = read_target("https://[::1]/below/", "k", "ca.pem")
    assert target == Target("https", "::1", 443, "/below", "k", "ca.pem")
    assert target.path_for("/v0/evi/chat") == "/below/v0/evi/chat"
    assert (target.url, target.socket_url) == ("https://[::1]:443", "wss://[::1]:443")


@pytest.mark.parametrize(
    ("url", "key", "told"),
    [
        ("", "k", "HUME_BASE_URL is not set"),
        ("localhost:8484", "k", "such as http://127.0.0.1:8484, got 'localhost:8484'"),
        ("http://127.0.0.1:port", "k", "got 'http://127.0.0.1:port'"),
        ("https://api.hume.ai", "k", "is the service itself"),
        ("http://127.0.0.1:8484", "", "HUME_API_KEY is not set"),
    ],
)
def test_no_address(url: str, key: str, told: str) -> None:
    with pytest.raises(BadTarget, match=re.escape(told)):
        read_target(url, key)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("api.hume.ai", True),
        ("API.Hume.ai", True),
        (b"api.hume.ai", True),
        ("hume.ai", False),
        ("dev.hume.ai", False),
        ("api.hume.ai.example", False),
        ("api.hume.ai.", True),
        (b"API.cloud.hume.ai", True),
        ("my-api.hume.ai", False),
        (None, False),
    ],
)
def test_hosts(host: object, is_one: bool) -> None:
    """Only exact names are redirected."""
    assert is_service(host) == is_one


def test_node_knows_the_same_hosts() -> None:
    """The preload for Node has them in its own language."""
    text = (PACKAGE / "cli" / "node" / "target.cjs").read_text()
    [hosts] = re.findall(r"SERVICE_HOSTS = \[([^\]]+)\]", text)
    assert re.findall('"([^"]+)"', hosts) == list(SERVICE_HOSTS)


def test_older_pythons_can_read_it() -> None:
    """The hook runs in the program's Python, which may be older than the emulator's."""
    for path in [*(PACKAGE / "redirection").glob("*.py"), *(PACKAGE / "cli" / "python").glob("*")]:
        if path.suffix == ".py":
            text = path.read_text()
            ast.parse(text, feature_version=OLDEST)
            assert "from __future__ import annotations" in text or "|" not in text, path
