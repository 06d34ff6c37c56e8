"""The table of settings, from flags, the environment and defaults."""

import pytest

from emulator.errors import UsageError
from emulator.settings import SETTINGS, Settings, load_settings


def test_defaults() -> None:
    """Without flags or environment, every setting has its default."""
    assert load_settings({}, {}) == Settings()
    assert (Settings().host, Settings().port, Settings().seed) == ("127.0.0.1", 8484, "demo")


def test_flag_wins_over_environment() -> None:
    """A flag counts before an environment variable, which counts before the default."""
    environ = {"EVI_EMULATOR_PORT": "9001", "EVI_EMULATOR_API_KEY": "a, b", "HOME": "/"}
    settings = load_settings({"port": "9002"}, environ)

    assert (settings.port, settings.api_key) == (9002, ("a", "b"))


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        pytest.param(
            {},
            {"EVI_EMULATOR_PORT": "ten"},
            "port must be an integer, got 'ten' (from EVI_EMULATOR_PORT)",
            id="not an integer",
        ),
        pytest.param(
            {"port": "70000"}, {}, "port must be at most 65535, got 70000 (from --port)", id="high"
        ),
        pytest.param({"port": "-1"}, {}, "port must be at least 0, got -1 (from --port)", id="low"),
        pytest.param(
            {"timestamps": "second"},
            {},
            "timestamps must be one of milliseconds, seconds (did you mean 'seconds'?), "
            "got 'second' (from --timestamps)",
            id="choice",
        ),
        pytest.param(
            {"require_voice": "maybe"},
            {},
            "require_voice must be one of 1, true, yes, on, 0, false, no, off, got 'maybe' "
            "(from --require-voice)",
            id="switch",
        ),
        pytest.param(
            {"call_hosts": "localhost:8000,http://example.internal"},
            {},
            "call_hosts must be a comma-separated list of hosts such as example.internal, "
            "*.example.internal or localhost:8000, got ('localhost:8000', "
            "'http://example.internal') (from --call-hosts)",
            id="hosts",
        ),
    ],
)
def test_wrong_value_is_explained(
    flags: dict[str, str], environ: dict[str, str], message: str
) -> None:
    """A wrong value is refused with what was expected, what came, and from where."""
    with pytest.raises(UsageError) as caught:
        load_settings(flags, environ)

    assert str(caught.value) == message


def test_unknown_environment_variable_is_refused() -> None:
    """A misspelt variable is an error, with the closest known one."""
    with pytest.raises(UsageError, match="did you mean 'EVI_EMULATOR_PORT'"):
        load_settings({}, {"EVI_EMULATOR_PROT": "1"})


def test_settings_made_in_python_are_checked_too() -> None:
    """The bounds hold however a setting is given."""
    with pytest.raises(UsageError, match="timestamps must be one of"):
        Settings(timestamps="days")


def test_secrets_are_hidden() -> None:
    """API keys don't show where settings are shown."""
    shown = Settings(api_key=("secret",)).to_json()
    assert shown["api_key"] == "(hidden)"
    assert set(shown) == {setting.name for setting in SETTINGS}
