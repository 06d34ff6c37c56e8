"""The schemas that take more than the document says are said once, and the document stays."""

from copy import deepcopy
from dataclasses import replace

import pytest
import yaml

from emulator.apis.evi.openness import OPENNESS
from emulator.resources import bundled
from tests.served import DOCUMENT, VALIDATION


def test_the_document_itself_stays_as_it_is() -> None:
    """Opening makes a copy: what is served lists its enums as ever."""
    before = str(DOCUMENT.content)
    assert DOCUMENT.opened().content != DOCUMENT.content
    assert str(DOCUMENT.content) == before


@pytest.mark.parametrize("name", OPENNESS.enums)
def test_an_open_enum_takes_any_text(name: str) -> None:
    """It takes a text that it does not list, and nothing but texts."""
    check = VALIDATION.check(f"#/components/schemas/{name}")
    assert check("something else", ()) == []
    assert [problem.type for problem in check(7, ())] == ["string_type"]
    assert [problem.type for problem in check(None, ())] == ["string_type"]


def test_other_enums_are_closed() -> None:
    """Only those of the table are open."""
    enums = {
        name
        for name, schema in DOCUMENT.content["components"]["schemas"].items()
        if "enum" in schema
    }
    closed = {
        name
        for name in enums
        if VALIDATION.check(f"#/components/schemas/{name}")("something else", ())
    }
    assert enums - closed == set(OPENNESS.enums)


def test_undocumented_fields_belong_to_schemas_that_exist() -> None:
    """Each is a field that its schema lacks."""
    schemas = DOCUMENT.content["components"]["schemas"]
    for name, fields in OPENNESS.undocumented_fields.items():
        assert fields.keys().isdisjoint(schemas[name]["properties"])


def test_the_known_models_include_those_of_the_document() -> None:
    """The list of known models has each of the document's once, under a provider it knows."""
    models = yaml.safe_load(bundled("fixtures/language-models.yaml").read_text())
    names = [name for names in models.values() for name in names]
    schemas = DOCUMENT.content["components"]["schemas"]
    assert len(names) == len(set(names))
    assert set(schemas["LanguageModelType"]["enum"]) <= set(names)
    assert set(schemas["ModelProviderEnum"]["enum"]) <= set(models)


def test_a_document_without_these_schemas_is_served_as_it_is() -> None:
    """Somebody else's document may lack them, or list nothing."""
    document = replace(DOCUMENT, content=deepcopy(DOCUMENT.content))
    schemas = document.content["components"]["schemas"]
    del schemas["ModelProviderEnum"], schemas["posted_language_model"], schemas["VoiceRef"]
    del schemas["VoiceId"], schemas["VoiceName"]
    schemas["LanguageModelType"] = True
    schemas["PostedConfigLanguageModel"] = True
    assert document.opened().content["components"]["schemas"] == schemas
