"""`evi-emulator clm-check`: its exit codes, and what it prints."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from aiohttp import web

from tests.apis.evi.model.check.servers import PATH, hello, served, streaming
from tests.cli.shell import run_here


def test_a_good_server(tmp_path: Path) -> None:
    """The exit code is 0; files have the format of their names."""
    files = [tmp_path / "check.json", tmp_path / "reports" / "check.xml"]
    outputs = [word for file in files for word in ("--output", str(file))]
    with served(streaming(hello)) as address:
        url = f"http://{address}{PATH}"
        done = run_here("clm-check", url, "--case", "typed", "--case", "spoken", *outputs)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Custom language model check: {url} (event stream)\n")
    assert done.stdout.endswith("2 passed, 0 with warnings, 0 failed, 0 skipped\n")
    assert json.loads(files[0].read_text())["pass"] == 2
    assert len(Xml.parse(files[1]).getroot()[0]) == 2


def test_a_bad_server() -> None:
    """The exit code is 1; keys are shown nowhere, not even if the server does."""

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=401, text=f"not {request.headers['Authorization']}")

    with served(refuse) as address:
        url = f"http://{address}{PATH}?token=s3cret-token"
        options = ["--key", "s3cret-key", "--case", "typed", "--format", "json"]
        done = run_here("clm-check", url, *options)
    assert done.returncode == 1
    [case] = json.loads(done.stdout)["cases"]
    assert case["problems"][0]["got"] == "status 401: not Bearer (hidden)"
    assert "s3cret" not in done.stdout + done.stderr


def test_a_wrong_key_is_told_once() -> None:
    """No case after the first one is tried."""
    asked: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=401, text="no")

    with served(refuse) as address:
        done = run_here("clm-check", f"http://{address}{PATH}", "--key", "wrong-key-1")
    assert done.returncode == 1
    assert done.stdout.count("fail:") == 1
    assert "give the server's key with --key: it refuses the one that was given" in done.stdout
    assert "not tried: the server asks for another key (401)" in done.stdout
    assert ", 1 failed," in done.stdout
    assert len(asked) == 1


def test_where_its_url_leads() -> None:
    """As for a chat."""
    with served(streaming(hello)) as address:
        rule = f"https://llm.example.com=http://{address}"
        url = f"https://llm.example.com{PATH}"
        done = run_here("clm-check", url, "--map-url", rule, "--case", "typed")
    assert done.returncode == 0, done.stdout


def test_the_models_name_and_key() -> None:
    """Both are sent."""
    seen: list[tuple[str, str | None]] = []

    async def note(body, request):  # type: ignore[no-untyped-def]
        seen.append((body["model"], request.headers.get("Authorization")))
        async for line in hello(body, request):
            yield line

    with served(streaming(note)) as address:
        options = ["--model", "mine", "--key", "k", "--case", "typed"]
        assert run_here("clm-check", f"http://{address}{PATH}", *options).returncode == 0
    assert seen == [("mine", "Bearer k")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["http://llm.example.com/chat/completions"], "--call-hosts names"),
        (["http://127.0.0.1/", "--case", "typd"], "did you mean"),
        (["http://127.0.0.1/", "--format", "html"], "no format 'html'"),
        (["http://127.0.0.1/", "--output", "check.html"], "no format 'html'"),
        (["http://127.0.0.1/", "--output", "check"], "does not tell a format"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    """The exit code is 2, and nothing is called."""
    done = run_here("clm-check", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
