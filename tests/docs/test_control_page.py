"""What is generated from the control API's document is as `make control-document` writes it."""

from scripts.control_document import PAGE, YAML, page, yaml_text
from tests.control_conformance import DOCUMENT


def test_the_page_is_as_generated() -> None:
    """docs/control.md."""
    assert PAGE.read_text() == page(DOCUMENT.content)


def test_the_document_is_as_generated() -> None:
    """control-openapi.yaml."""
    assert YAML.read_text() == yaml_text(DOCUMENT)
