"""What the inspector says about the fields of fault rules."""

import pytest
from starlette.testclient import TestClient

from emulator.faults.names import FaultNames
from emulator.faults.table import NOTES
from tests.outgoing.calls import ask

NAMES = FaultNames(("list-things",), ("thing_ended",))
PROPERTIES = NAMES.schema()["properties"]


def test_every_field_has_a_note() -> None:
    """A field that is added to rules is explained, too."""
    assert NOTES.keys() == PROPERTIES.keys() - {"kind", "fault"}
    assert all(note.hint.endswith(".") for note in NOTES.values())


@pytest.mark.parametrize("field", [name for name in NOTES if NOTES[name].example is not None])
def test_an_example_is_a_value_that_a_rule_can_have(client: TestClient, field: str) -> None:
    """As the table says it, which names the field's type."""
    table = ask(client, "GET", "/_emulator/faults/table")
    kind, fault = next(
        (kind, fault)
        for kind, of in table["kinds"].items()
        for fault, each in of["faults"].items()
        if fault != "refuse"  # which has no turn yet
        and field in (*of["matched_by"], *each["options"], "times", "probability")
    )
    rule = {"kind": kind, "fault": fault, field: table["fields"][field]["example"]}
    assert ask(client, "POST", "/_emulator/faults", rule, 201)[field] == rule[field]
