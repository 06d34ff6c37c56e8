"""Command lines in reports: without the values of credentials."""

import pytest

from emulator.redaction.command import hide_in_command


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("app --api-key s3cret --verbose", "app --api-key '(hidden)' --verbose"),
        ("app --token=s3cret x", "app '--token=(hidden)' x"),
        ("app --token --api-key=s3cret", "app --token '--api-key=(hidden)'"),
        ("env HUME_API_KEY=s3cret npm test", "env 'HUME_API_KEY=(hidden)' npm test"),
        ("curl -H 'X-Hume-Api-Key: s3cret'", "curl -H 'X-Hume-Api-Key: (hidden)'"),
        (
            "curl -H 'Authorization: Bearer s3cret'",
            "curl -H 'Authorization: Bearer (hidden)'",
        ),
        ("app 'https://x/?api_key=s3cret'", "app 'https://x/?api_key=(hidden)'"),
        (
            "sh -c 'cd x && TOKEN=s3cret app --api-key s3cret y'",
            "sh -c 'cd x && TOKEN=(hidden) app --api-key (hidden) y'",
        ),
        ("app --max-tokens 5 -k 'the token of'", "app --max-tokens 5 -k 'the token of'"),
        ('app "x', 'app "x'),
        ("", ""),
    ],
)
def test_credentials_are_hidden(command: str, shown: str) -> None:
    """Those of flags, variables, headers and URLs; what is no credential stays as it was."""
    assert hide_in_command(command) == shown
