"""The picture of a soak's memory, and its section in docs/performance.md."""

import json
from collections.abc import Callable, Iterator, Sequence

from benchmarks.servers import ROOT
from emulator.jsontext import JsonObject

RESULT = ROOT / "benchmarks" / "soak_result.json"
PICTURE = ROOT / "docs" / "images" / "soak.svg"
_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 20, 45
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #8b949e; stroke-opacity: .3 }
.idle { stroke: #8b949e; stroke-dasharray: 5 4 }
.memory { fill: none; stroke: #2f6feb; stroke-width: 2 }
.deleted { fill: #2f6feb }
@media (prefers-color-scheme: dark) { text { fill: #9ea7b3 } .memory { stroke: #6ea8fe } .deleted { fill: #6ea8fe } }"""


def write(result: JsonObject) -> None:
    """Keep the figures of a soak, and draw its picture."""
    samples = ",\n    ".join(json.dumps(each) for each in result["samples"])
    head = json.dumps({**result, "samples": []}, indent=2)
    RESULT.write_text(head.replace('"samples": []', f'"samples": [\n    {samples}\n  ]') + "\n")
    PICTURE.write_text(picture(result))


def section() -> str:
    """Return what docs/performance.md says of the last soak that was kept; "" if none was."""
    if not RESULT.exists():
        return ""
    result = json.loads(RESULT.read_text())
    done = ", ".join(
        f"{number:,} {name.replace('_', ' ')}" for name, number in result["done"].items()
    )
    return f"""\
## Soak

`.venv/bin/python -m benchmarks.soak`: {result["minutes"]:g} minutes of mixed load on one emulator
while `--chaos` breaks requests, sockets and webhooks. {done}; {result["faults"]:,} faults that were
asked for, and {result["unexpected"]} errors that were not.

![Memory of the emulator in the soak: at most {result["later"]:.0f} MiB](images/soak.svg)

| memory, MiB |  |
| --- | --- |
| most in the first minute | {result["first"]:.0f} |
| most after it | {result["later"]:.0f} |
| once all worlds were deleted | {result["after"]:.0f} |
| another server, idle, that has used everything once | {result["idle"]:.0f} |"""


def picture(result: JsonObject) -> str:
    """Draw the memory over time, as an SVG."""
    samples: Sequence[tuple[float, float]] = result["samples"]
    last_s, most = samples[-1][0], _round_up(max(mebibytes for _, mebibytes in samples))

    def x(at_s: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at_s / last_s

    def y(mebibytes: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * mebibytes / most

    line = " ".join(f"{x(at_s):.1f},{y(mebibytes):.1f}" for at_s, mebibytes in samples)
    idle = y(result["idle"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Memory of the emulator during {result["minutes"]:g} minutes of load">',
        f"<style>\n{_STYLE}\n</style>",
        *_grid(most, y),
        *(
            f'<text x="{x(minute * 60):.1f}" y="{_HEIGHT - 24}" text-anchor="middle">{minute}</text>'
            for minute in range(0, int(last_s // 60) + 1, 5)
        ),
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">minutes</text>',
        f'<line class="idle" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{idle:.1f}" y2="{idle:.1f}"/>',
        f'<text x="{_LEFT + 6}" y="{idle + 16:.1f}">an idle server</text>',
        f'<polyline class="memory" points="{line}"/>',
        f'<circle class="deleted" cx="{_WIDTH - _RIGHT}" cy="{y(result["after"]):.1f}" r="4"/>',
        f'<text x="{_WIDTH - _RIGHT - 8}" y="{y(result["after"]) + 18:.1f}" text-anchor="end">'
        "all worlds deleted</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(most: int, y: Callable[[float], float]) -> Iterator[str]:
    for mebibytes in range(0, most + 1, most // 4):
        at = y(mebibytes)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{mebibytes} MiB</text>'


def _round_up(mebibytes: float) -> int:
    """Return the next multiple of 40, so that a quarter of it is a round number."""
    return int(-(-mebibytes // 40) * 40)
