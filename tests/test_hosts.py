"""Which hosts the emulator may call, and how a setting names them."""

import pytest

from emulator.hosts import MODEL_SCHEMES, WEBHOOK_SCHEMES, HostRule, call_problem, read_host_rule

RULES = {
    "example.internal": HostRule("example.internal", None, below=False),
    "Example.Internal.": HostRule("example.internal", None, below=False),
    "localhost:8000": HostRule("localhost", 8000, below=False),
    "*.example.internal": HostRule("example.internal", None, below=True),
    "*.example.internal:80": HostRule("example.internal", 80, below=True),
    "[::1]": HostRule("::1", None, below=False),
    "[::1]:8000": HostRule("::1", 8000, below=False),
    "8000": HostRule("8000", None, below=False),
    "": None,
    "*": None,
    "*.": None,
    "a.*.b": None,
    "http://example.internal": None,
    "example.internal/hook": None,
    "a b": None,
    "localhost:65535": HostRule("localhost", 65535, below=False),
    "localhost:65536": None,
    f"localhost:{'9' * 5000}": None,
}


@pytest.mark.parametrize("text", RULES)
def test_a_host_as_a_setting_names_it(text: str) -> None:
    """A name or an address, with a port or without; *. means the hosts below."""
    assert read_host_rule(text) == RULES[text]


MAY_BE_CALLED = [
    ("https://example.com/hook?x=1", ()),
    ("https://example.com:8443", ()),
    ("http://127.0.0.1:9/", ()),
    ("http://[::1]:9/", ()),
    ("HTTP://LOCALHOST/", ()),
    ("http://app.localhost/", ()),
    ("http://host.docker.internal/", ("host.docker.internal",)),
    ("http://HOST.docker.internal.:81/", ("host.docker.internal",)),
    ("http://a.lan/", ("*.lan",)),
    ("http://a.b.lan/", ("*.lan",)),
    ("http://a.lan/", ("a.lan:80",)),
    ("http://10.0.0.7:8000/", ("10.0.0.6", "10.0.0.7:8000")),
]
MAY_NOT = [
    ("http://example.com/", ()),
    ("http://localhost.example.com/", ()),
    ("http://localhost@example.com/", ()),
    ("http://example.com\\@localhost/", ()),
    ("http://lan/", ("*.lan",)),
    ("http://xlan/", ("*.lan",)),
    ("http://a.lan:81/", ("a.lan:80",)),
    ("http://a.lan/", ("b.lan",)),
    ("ws://localhost/", ()),
    ("https:///hook", ()),
    ("https://a:70000/", ()),
    ("https://[::1/", ()),
    ("https://a\tb/", ()),
    ("https://a\u2028b/", ()),
    ("https://a/\x7f", ()),
    ("hook", ()),
    ("", ()),
]


@pytest.mark.parametrize(("url", "named"), MAY_BE_CALLED)
def test_what_may_be_called(url: str, named: tuple[str, ...]) -> None:
    """https leads anywhere, http to this machine and to hosts that are named."""
    assert call_problem(url, WEBHOOK_SCHEMES, named, only=False) is None


@pytest.mark.parametrize(("url", "named"), MAY_NOT)
def test_what_may_not_be_called(url: str, named: tuple[str, ...]) -> None:
    """Anything else is refused, with what it must be."""
    assert (call_problem(url, WEBHOOK_SCHEMES, named, only=False) or "").startswith("must ")


def test_models_may_be_called_over_websockets() -> None:
    """wss is to ws as https is to http."""
    assert call_problem("wss://example.com/", MODEL_SCHEMES, (), only=False) is None
    assert call_problem("ws://localhost/", MODEL_SCHEMES, (), only=False) is None
    wrong = call_problem("ws://example.com/", MODEL_SCHEMES, (), only=False)
    assert wrong is not None
    assert wrong.startswith("must begin with wss://, since ws:// is for this machine")


def test_only_hosts_that_are_named() -> None:
    """Then nothing else may be called, this machine and https included."""
    named = ("localhost:8000", "example.com")
    for url in ("http://localhost:8000/", "http://example.com/", "https://example.com:1/"):
        assert call_problem(url, WEBHOOK_SCHEMES, named, only=True) is None
    for url in ("http://localhost/", "http://127.0.0.1:8000/", "https://other.example.com/"):
        problem = call_problem(url, WEBHOOK_SCHEMES, named, only=True)
        assert problem is not None
        assert "--call-hosts-only" in problem
    assert call_problem("http://localhost/", WEBHOOK_SCHEMES, (), only=True) is not None
