"""docs/node.md and the package for Node follow the handles and the control document."""

import json

from emulator.version import __version__
from scripts.node_types import ROOT, TYPES, types_text
from scripts.node_verbs import CLASSES, NODE_ONLY, PAGE, PYTHON_ONLY, page_with_table, pairs
from tests.control_conformance import DOCUMENT
from tests.test_public_names import LISTED


def test_the_types_are_as_generated() -> None:
    """clients/node/src/control-types.ts."""
    assert TYPES.read_text() == types_text(DOCUMENT.content)


def test_the_table_is_as_generated() -> None:
    """The table of verbs in docs/node.md."""
    page = PAGE.read_text()
    assert page == page_with_table(page)


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
