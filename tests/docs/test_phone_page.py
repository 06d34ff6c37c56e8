"""docs/phone.md has every verb, every step and every option of a call."""

import json
import re
from pathlib import Path
from typing import Any

import emulator
from emulator.apis.phone.ordering import OPTIONS
from emulator.faults.table import KINDS
from emulator.testing.world import Evi
from emulator.twilio.order import read_step
from emulator.twilio.verbs import VERBS

PAGE = (Path(emulator.__file__).parent.parent / "docs" / "phone.md").read_text()


def test_every_verb_has_its_row() -> None:
    """With what happens, and what does not."""
    for name, verb in VERBS.items():
        assert f"| `<{name}>` | {verb.does} | {verb.does_not} |" in PAGE
    assert len(re.findall(r"^\| `<\w+>` \|", PAGE, re.MULTILINE)) == len(VERBS)


def test_every_step_of_the_page_can_be_read() -> None:
    """Each is JSON."""
    steps = re.findall(r'^\| `("[^`]*"|\{[^`]*\})` \|', PAGE, re.MULTILINE)
    assert len(steps) == 5
    for step in steps:
        read_step(json.loads(step))


def test_every_option_is_named() -> None:
    for option in OPTIONS:
        assert f"`{option}`" in PAGE


def test_every_fault_is_shown() -> None:
    assert set(re.findall(r'faults\.add\("call", "(\w+)"', PAGE)) == set(KINDS["call"].faults)


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_example_passes(evi: Evi) -> None:
    """As it stands on the page."""
    names: dict[str, Any] = {}
    exec(blocks()[0], names)
    names["test_the_order_desk"](evi)


def test_the_faults_can_be_added(evi: Evi) -> None:
    [faults] = [each for each in blocks() if "faults.add" in each]
    exec(faults, {"evi": evi})
    assert len(list(evi.world.faults)) == len(KINDS["call"].faults)
