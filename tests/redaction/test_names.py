"""Which names are those of credentials."""

import pytest

from emulator.redaction.names import is_secret_name, may_hold_secrets
from tests.redaction.spellings import ENCODED, ESCAPED, INNOCENTS, SPELLINGS


@pytest.mark.parametrize("name", [*SPELLINGS, *ENCODED, *ESCAPED])
def test_names_of_credentials(name: str) -> None:
    """However words are joined, wherever the name stands among others, and however long it is."""
    for spelling in (name, f"settings[{name}]", f"{name}[x][]", f"x.{name}.y", "x_" * 200 + name):
        assert is_secret_name(spelling), spelling
        assert may_hold_secrets(f'{{"{spelling}": 1}}')
        assert may_hold_secrets(f"?{spelling}=1".encode())


@pytest.mark.parametrize("name", INNOCENTS)
def test_names_of_other_things(name: str) -> None:
    """The words are whole ones, and singular."""
    for spelling in (name, f"settings[{name}]", "x_" * 200 + name):
        assert not is_secret_name(spelling), spelling


def test_most_texts_are_not_looked_into() -> None:
    """What a chat and a config say need not be parsed."""
    for text in (
        '{"type":"user_input","text":"Is the author of the monkey book authorized? 100 %"}',
        '{"language_model":{"model_provider":"ANTHROPIC","temperature":0.7},"max_tokens":5}',
        '{"webhooks":[{"url":"https://a.example/hook?x=1"}],"text":"caf\\u00e9"}',
        "page_size=10&page_number=0&name=a%20b",
    ):
        assert not may_hold_secrets(text), text
