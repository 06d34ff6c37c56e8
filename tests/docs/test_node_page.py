"""docs/node.md and the package for Node follow the handles and the control document."""

import json

from emulator.version import __version__
from scripts import node_reference
from scripts.node_reference import ENTRIES
from scripts.node_types import ROOT, TYPES, types_text
from scripts.node_verbs import CLASSES, NODE_ONLY, PAGE, PYTHON_ONLY, page_with_table, pairs
from tests.control_conformance import DOCUMENT
from tests.test_public_names import LISTED

# What a program gives the emulator, beside the options of the package itself.
TAKEN = {
    "CallOrder", "NewFaultRule", "ScriptModel", "ScriptRule", "ScriptSound", "ScriptStep",
    "ScriptToolAnswer", "ScriptUserStep", "ScriptWhen", "ServerSettings", "Simulation",
    "WorldSettings",
}  # fmt: skip


def test_the_types_are_as_generated() -> None:
    """clients/node/src/control-types.ts."""
    assert TYPES.read_text() == types_text(DOCUMENT.content)


def test_the_table_is_as_generated() -> None:
    """The table of verbs in docs/node.md."""
    page = PAGE.read_text()
    assert page == page_with_table(page)


def test_the_reference_is_as_generated() -> None:
    """docs/node-reference.md, from the declarations in clients/node/src."""
    assert node_reference.PAGE.read_text() == node_reference.page()


def test_all_that_is_exported_is_described() -> None:
    """Each function, class, member and option has a comment; so have the bodies of requests."""
    shown = [each for entry in ENTRIES for each in node_reference.exported(entry)]
    bodies = [each for each in node_reference.data() if each.name in TAKEN]
    assert len(shown) > 60
    undescribed = [
        f"{each.name}.{member.name}"
        for each in [*shown, *bodies]
        for member in node_reference.fields(each)
        if not member.doc
    ]
    assert undescribed == []
    assert [each.name for each in shown if not each.doc] == []


def test_each_entry_point_is_in_the_reference() -> None:
    """What package.json lets programs import."""
    package = json.loads((ROOT / "clients" / "node" / "package.json").read_text())
    entries = {f"evi-emulator{path.removeprefix('.')}" for path in package["exports"]}
    assert entries - {"evi-emulator/package.json"} == ENTRIES.keys()


def test_no_language_lacks_a_verb() -> None:
    """Unless a reason says why it makes no sense there."""
    lacking = [each for each in pairs() if not (each.python and each.node or each.why)]
    assert lacking == []


def test_reasons_are_needed() -> None:
    """No reason is left for a verb that both have, or that is gone."""
    needless = [each for each in pairs() if each.python and each.node and each.why]
    assert needless == []
    assert sum(bool(each.why) for each in pairs()) == len(PYTHON_ONLY) + len(NODE_ONLY)


def test_every_handle_has_a_class() -> None:
    """A stub is data in Node."""
    assert LISTED["handles"].keys() - CLASSES.keys() == {"stub"}


def test_the_package_has_the_emulators_version() -> None:
    package = json.loads((ROOT / "clients" / "node" / "package.json").read_text())
    assert package["version"] == __version__
    assert "dependencies" not in package
