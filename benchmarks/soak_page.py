"""The picture of a soak's memory, and its section in docs/performance.md."""

import json
from collections.abc import Sequence

from benchmarks.figures import Finding, at_most
from benchmarks.servers import ROOT
from emulator.jsontext import JsonObject

RESULT = ROOT / "benchmarks" / "soak_result.json"
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "images" / "soak.svg"
MOST_LATER, MOST_AFTER = 1.5, 1.2  # times the first minute; times an idle server
_TITLE = "## Soak"
_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 20, 45
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #8b949e; stroke-opacity: .3 }
.idle { stroke: #8b949e; stroke-dasharray: 5 4 }
.memory { fill: none; stroke: #2f6feb; stroke-width: 2 }
.deleted { fill: #2f6feb }
@media (prefers-color-scheme: dark) {
  text { fill: #9ea7b3 } .memory { stroke: #6ea8fe } .deleted { fill: #6ea8fe }
}"""


def write(result: JsonObject) -> None:
    """Keep the figures of a soak, draw its picture, and renew the section of the page."""
    samples = ",\n    ".join(json.dumps(each) for each in result["samples"])
    head = json.dumps({**result, "samples": []}, indent=2)
    RESULT.write_text(head.replace('"samples": []', f'"samples": [\n    {samples}\n  ]') + "\n")
    PICTURE.write_text(picture(result))
    PAGE.write_text(with_section(PAGE.read_text(), section(result)))


def kept() -> JsonObject | None:
    """Return the figures of the last soak that was kept."""
    found: JsonObject | None = json.loads(RESULT.read_text()) if RESULT.exists() else None
    return found


def findings(result: JsonObject) -> list[Finding]:
    """Return the figures of a soak beside their aims."""
    soak = f"{result['minutes']:g}-minute soak"
    later, after = result["later"] / result["first"], result["after"] / result["idle"]
    return [
        at_most(f"{soak}, memory: most later / in the first minute", [later], MOST_LATER),
        at_most(f"{soak}, memory: worlds deleted / an idle server", [after], MOST_AFTER),
        at_most(f"{soak}, unexpected errors", [result["unexpected"]], 0, ""),
    ]


def section(result: JsonObject) -> str:
    """Return what the page says of a soak."""
    done = ", ".join(
        f"{number:,} {name.replace('_', ' ')}" for name, number in result["done"].items()
    )
    return f"""\
{_TITLE}

{result["minutes"]:g} minutes of mixed load on one emulator while `--chaos` breaks requests, sockets
and webhooks: {done}. {result["faults"]:,} faults were asked for; {result["unexpected"]:,} errors
were not.

![Memory of the emulator in the soak: at most {result["later"]:.0f} MiB](images/soak.svg)

| memory | MiB |
| --- | --- |
| most in the first minute | {result["first"]:.0f} |
| most after it | {result["later"]:.0f} |
| once all worlds were deleted | {result["after"]:.0f} |
| another server, idle, that has used everything once | {result["idle"]:.0f} |
"""


def with_section(page: str, text: str) -> str:
    """Return the page with the text as its section, at the end if it had none."""
    before, title, after = page.partition(f"{_TITLE}\n")
    rest = after.partition("\n## ")
    following = f"\n## {rest[2]}" if rest[1] else ""
    return f"{before.rstrip()}\n\n{text}{following}" if title else f"{page.rstrip()}\n\n{text}"


def picture(result: JsonObject) -> str:
    """Draw the memory over time, as an SVG."""
    samples: Sequence[tuple[float, float]] = result["samples"]
    last_s, most = samples[-1][0], _round_up(max(mebibytes for _, mebibytes in samples))

    def x(at_s: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at_s / last_s

    def y(mebibytes: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * mebibytes / most

    line = " ".join(f"{x(at_s):.1f},{y(mebibytes):.1f}" for at_s, mebibytes in samples)
    idle, after, right = y(result["idle"]), y(result["after"]), _WIDTH - _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Memory of the emulator during {result["minutes"]:g} minutes of load">',
        f"<style>\n{_STYLE}\n</style>",
        *(_level("grid", y(each), f"{each} MiB") for each in range(0, most + 1, most // 4)),
        *(_text(x(at * 60), _HEIGHT - 24, str(at)) for at in range(0, int(last_s // 60) + 1, 5)),
        _text(_WIDTH / 2, _HEIGHT - 6, "minutes"),
        _level("idle", idle, ""),
        _text(_LEFT + 6, idle + 16, "an idle server", "start"),
        f'<polyline class="memory" points="{line}"/>',
        f'<circle class="deleted" cx="{right}" cy="{after:.1f}" r="4"/>',
        _text(right - 8, after + 18, "all worlds deleted", "end"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _level(kind: str, at: float, name: str) -> str:
    """Draw a horizontal line with its name on the left."""
    ends = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"'
    return f'<line class="{kind}" {ends}/>{_text(_LEFT - 8, at + 4, name, "end")}'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _round_up(mebibytes: float) -> int:
    """Return the next multiple of 40, so that a quarter of it is a round number."""
    return int(-(-mebibytes // 40) * 40)
