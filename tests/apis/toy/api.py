"""An API of a few lines: what adding a folder takes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from emulator.api import Api, Call, Handlers
from emulator.contract.findings import FINDINGS, WARNING, Finding, FindingKind, find
from emulator.control import ControlCall, ControlRoute, ControlRoutes
from emulator.error_shapes import NamedError
from emulator.jsontext import Json, JsonObject, parse, render
from emulator.openapi.parts import Part
from emulator.reply import Reply
from emulator.sockets.outbound import Outbound, OutboundFrame
from emulator.sockets.socket import OnBug, Opening, Peer, Socket
from emulator.world.reading import SnapshotReading
from emulator.world.seed import SeedLoading, SeedSection
from emulator.world.snapshot_reader import SnapshotPart
from emulator.world.state import ApiState
from emulator.world.world import World

HERE = Path(__file__).parent
HANDLERS = Handlers()
CLOSED: list[str] = []  # streams that have ended
NOISE = b'"noise"'
GREY = FindingKind(WARNING, "a toy has no colour", "a colour")


class Toys(ApiState):
    api = "toys"

    def __init__(self, toys: Sequence[JsonObject] = ()) -> None:
        self.toys = list(toys)

    def fork(self) -> Self:
        return type(self)(self.toys)

    def same_as(self, fork: Self) -> bool:
        return self.toys == fork.toys

    def to_json(self) -> JsonObject:
        return {"toys": self.toys}

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        return cls(reading.content.get("toys", ()))


@HANDLERS.operation("list-toys")
def list_toys(call: Call) -> Json:
    colour = call.parameters["colour"]
    toys = call.world.state(Toys).toys
    return [toy for toy in toys if colour in (None, toy.get("colour"))]


@HANDLERS.operation("create-toy")
def create_toy(call: Call) -> Json:
    call.world.state(Toys).toys.append(call.body)
    if "colour" not in call.body:
        call.findings.append(find("toy_grey", ("body",), None))
    return call.body


@HANDLERS.operation("get-sound")
def get_sound(call: Call) -> Reply:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"RIFF"
        yield b"beep"

    return Reply(pieces())


@HANDLERS.operation("stream-toys")
def stream_toys(call: Call) -> Reply:
    async def lines() -> AsyncIterator[bytes]:
        try:
            for number in range(4):
                yield render({"name": f"toy {number}"}) + b"\n"
        finally:
            CLOSED.append("stream-toys")

    return Reply(lines())


def error_body(status: int, message: str, code: str) -> Json:
    return {"status_code": status, "message": message, "code": code}


def error_line(error: NamedError, line: bytes) -> bytes:
    """The error, with what it takes the place of."""
    shown = {"type": "error", "slug": error.slug, "message": error.message}
    return render({**shown, "name": line and parse(line)["name"]}) + b"\n"


class Echo(Opening, Peer):
    """A socket that says each message back, with the number of toys, and may make noise."""

    def __init__(self, world: World, parameters: Mapping[str, str], query: bytes) -> None:
        self.world, self.query = world, {}

    def audit(self) -> Sequence[Finding]:
        return ()

    def check(self) -> None:
        """Accept everybody."""

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        self.outbound = outbound
        return self

    def receive_text(self, text: bytes) -> None:
        self.outbound.note("in", parse(text))
        if text == NOISE:
            self.outbound.send(OutboundFrame("noise", {"type": "noise"}, b"", 4, {}, b"BEEP"))
            return
        said = {"type": "echo", "said": parse(text), "toys": len(self.world.state(Toys).toys)}
        self.outbound.send(OutboundFrame("echo", said, render(said), len(text), {}))

    def receive_bytes(self, data: bytes) -> None:
        raise ValueError("toys hear nothing")

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        return ()

    def fail(self, slug: str, message: str | None) -> None: ...
    def hang_up(self) -> None: ...
    def crash(self) -> None: ...
    def leave(self) -> None: ...


async def break_toys(call: ControlCall) -> Json:
    toys = call.world.state(Toys).toys
    count = len(toys)
    toys.clear()
    return {"broken": count}


def load(loading: SeedLoading) -> Toys:
    return Toys(loading.file.content.get("toys", ()))


TOYS = Api(
    name="toys",
    document=HERE / "openapi.yaml",
    handlers=HANDLERS,
    snapshot=SnapshotPart(Toys, HERE / "state.yaml"),
    seed=SeedSection(
        HERE / "state.yaml", load, lambda state: {"toys": len(state.to_json()["toys"])}
    ),
    sockets=[Socket("toys", "toy socket", ["/v0/toys/talk"], Echo, max_frame_bytes=100)],
    findings={"toy_grey": GREY},
    errors=[NamedError("T1", "tired", "Toys are tired.", 400), NamedError("T2", "hidden")],
    error_body=error_body,
    error_line=error_line,
    body_limits={"create-toy": 200},
    control=lambda: ControlRoutes(
        Part(HERE / "control.yaml"),
        [ControlRoute("DELETE", "/_emulator/toys", "break-toys", break_toys)],
    ),
)
FINDINGS.pop("toy_grey")  # which no page of the emulator's has
