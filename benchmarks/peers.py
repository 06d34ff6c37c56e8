"""Peers that a user would pick instead: how each is started, and what it is asked.

Prism and Mockoon serve this project's document. WireMock answers what its stubs say, which are the
emulator's answers. localstripe, stripe-mock and moto emulate something else; each is asked for a
like page of ten, and for something like a config.
"""

import base64
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.environment import FOLDER, NODE, PYTHON, Environment
from benchmarks.load import Ask
from benchmarks.messages import (
    CHATS,
    CONFIG,
    CONFIGS,
    SIX_PROBLEMS,
    always,
    new_configs,
)
from benchmarks.servers import ROOT, Command, Target
from emulator.jsontext import parse, render

LIST, CREATE, INVALID = "list-chats", "create-config", "create-config, 6 problems"
_STRIPE = "Authorization: Basic " + base64.b64encode(b"sk_test_123:").decode()
_FORM = "Content-Type: application/x-www-form-urlencoded"
_CUSTOMER = b"email=ada@example.com&name=Ada&description=Weather"


@dataclass(frozen=True, slots=True)
class Peer:
    """One server; `asks` has what it is asked in the cases of the emulator that it has too."""

    name: str
    command: Command
    path: str = CHATS  # of its first request
    asks: Mapping[str, Ask] = field(default_factory=dict)
    fill: Callable[[Target], None] = lambda target: None
    folder: Path = ROOT


def _evi_asks(invalid: int | None = 422) -> dict[str, Ask]:
    """The emulator's own requests; one that does not validate has no case with problems."""
    asks = {LIST: Ask(always("GET", CHATS), 200), CREATE: Ask(new_configs(CONFIG), 201)}
    if invalid is not None:
        asks[INVALID] = Ask(always("POST", CONFIGS, render(SIX_PROBLEMS)), invalid)
    return asks


def starlette() -> Peer:
    """Bare Starlette, against which cold start is measured."""
    program = str(ROOT / "benchmarks/apps/starlette_app.py")
    return Peer("Starlette, 1 route", lambda port: [str(PYTHON / "python"), program, str(port)])


def installed() -> Peer:
    """The emulator as a user installs it."""
    program = str(PYTHON / "evi-emulator")
    return Peer(
        "emulator, installed",
        lambda port: [program, "serve", "--port", str(port)],
        folder=FOLDER,  # where the checkout is not in the way
    )


def peers(environment: Environment, answers: Mapping[str, bytes]) -> list[Peer]:
    """All that are installed. `answers` has the emulator's, by case."""
    chats = FOLDER / "chats.json"
    chats.write_bytes(render(parse(answers[LIST])["chats_page"]))
    makers: dict[str, Callable[[], Peer]] = {
        "stripe-mock": _stripe_mock,
        "fastapi": lambda: _fastapi(chats),
        "localstripe": _localstripe,
        "moto": _moto,
        "@mockoon": _mockoon,
        "@stoplight": _prism,
        "wiremock": lambda: _wiremock(answers),
    }
    return [make() for package, make in makers.items() if environment.has(package)]


def _fastapi(chats: Path) -> Peer:
    program = str(ROOT / "benchmarks/apps/fastapi_app.py")
    return Peer(
        "FastAPI",
        lambda port: [str(PYTHON / "python"), program, str(chats), str(port)],
        asks=_evi_asks(),
    )


def _prism() -> Peer:
    program = str(NODE / ".bin/prism")
    document = str(ROOT / "openapi.yaml")
    return Peer(
        "Prism",
        lambda port: [program, "mock", document, "-p", str(port), "--verboseLevel", "silent"],
        asks=_evi_asks(),
    )


def _mockoon() -> Peer:
    program = str(NODE / ".bin/mockoon-cli")
    document = str(ROOT / "openapi.yaml")
    return Peer(
        "Mockoon",
        lambda port: [
            program, "start", "--data", document, "--port", str(port), "--hostname", "127.0.0.1",
            "--disable-log-to-file", "--disable-admin-api",
        ],
        asks=_evi_asks(None),
    )  # fmt: skip


def _wiremock(answers: Mapping[str, bytes]) -> Peer:
    folder = FOLDER / "wiremock"
    mappings = folder / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    for case, method, path, status in (
        (LIST, "GET", CHATS.partition("?")[0], 200),
        (CREATE, "POST", CONFIGS, 201),
    ):
        stub = {
            "request": {"method": method, "urlPath": path},
            "response": {
                "status": status,
                "body": answers[case].decode(),
                "headers": {"Content-Type": "application/json"},
            },
        }
        (mappings / f"{method}.json").write_text(json.dumps(stub))
    jar = next((NODE / "wiremock/build").glob("*.jar"))
    return Peer(
        "WireMock",
        lambda port: [
            "java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1",
            "--root-dir", str(folder), "--disable-banner",
        ],
        asks=_evi_asks(None),
    )  # fmt: skip


def _localstripe() -> Peer:
    program = str(PYTHON / "localstripe")
    create = Ask(always("POST", "/v1/customers", _CUSTOMER, (_STRIPE, _FORM)), 200)
    page = Ask(always("GET", "/v1/customers?limit=10", more=(_STRIPE,)), 200)
    unknown = Ask(always("POST", "/v1/customers", b"nothing=1", (_STRIPE, _FORM)), 400)

    def fill(target: Target) -> None:
        for _ in range(10):
            target.send(create.make())

    return Peer(
        "localstripe",
        lambda port: [program, "--port", str(port), "--from-scratch"],
        path="/v1/customers",
        asks={LIST: page, CREATE: create, INVALID: unknown},
        fill=fill,
        folder=FOLDER,
    )


def _stripe_mock() -> Peer:
    program = str(shutil.which("stripe-mock"))
    return Peer(
        "stripe-mock",
        lambda port: [program, "-http-port", str(port)],
        path="/v1/charges",
        asks={
            LIST: Ask(always("GET", "/v1/charges?limit=10", more=(_STRIPE,)), 200),
            CREATE: Ask(always("POST", "/v1/customers", _CUSTOMER, (_STRIPE, _FORM)), 200),
            INVALID: Ask(always("POST", "/v1/customers", b"nothing=1", (_STRIPE, _FORM)), 400),
        },
    )


def _moto() -> Peer:
    program = str(PYTHON / "moto_server")

    def fill(target: Target) -> None:
        for number in range(10):
            target.send(always("PUT", f"/bucket-{number}", b"")())

    return Peer(
        "moto_server",
        lambda port: [program, "-p", str(port)],
        path="/",
        asks={LIST: Ask(always("GET", "/"), 200)},
        fill=fill,
        folder=FOLDER,
    )
