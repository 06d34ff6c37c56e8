"""The files of CAs that intercepted programs get."""

import ssl
from pathlib import Path

import pytest

from emulator.extras.interception import trust


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The proxy's CA, on a machine whose usual CAs are in one file."""
    (tmp_path / "usual.pem").write_text("USUAL")
    monkeypatch.setattr(trust, "_PLACES", (str(tmp_path / "usual.pem"),))
    monkeypatch.setattr(ssl, "get_default_verify_paths", _Paths)
    (tmp_path / "own.pem").write_text("OWN")
    return str(tmp_path / "own.pem")


class _Paths:
    cafile = None


def bundles(own: str, environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    found = trust.write_bundles(own, environment, tmp_path)
    return {name: " ".join(Path(path).read_text().split()) for name, path in found.items()}


def test_what_programs_trust_already_stays(own: str, tmp_path: Path) -> None:
    """The usual CAs, or those of a variable's own file; Node has the usual ones anyway."""
    (tmp_path / "theirs.pem").write_text("THEIRS")
    environment = {
        "REQUESTS_CA_BUNDLE": str(tmp_path / "theirs.pem"),
        "CURL_CA_BUNDLE": str(tmp_path / "missing.pem"),
    }
    assert bundles(own, environment, tmp_path) == {
        "SSL_CERT_FILE": "OWN USUAL",
        "REQUESTS_CA_BUNDLE": "OWN THEIRS",
        "CURL_CA_BUNDLE": "OWN",
        "NODE_EXTRA_CA_CERTS": "OWN",
    }


@pytest.mark.parametrize(
    ("variable", "trusting"),
    [
        ("SSL_CERT_FILE", {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}),
        ("CURL_CA_BUNDLE", {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}),
    ],
)
def test_a_file_that_several_programs_read(
    own: str, tmp_path: Path, variable: str, trusting: set[str]
) -> None:
    """curl reads OpenSSL's variable where its own is not set, and requests reads curl's."""
    (tmp_path / "theirs.pem").write_text("THEIRS")
    found = bundles(own, {variable: str(tmp_path / "theirs.pem")}, tmp_path)
    assert {name for name, text in found.items() if text == "OWN THEIRS"} == trusting


def test_an_emulator_with_tls(own: str, tmp_path: Path) -> None:
    """Its CA is trusted besides the usual ones."""
    (tmp_path / "emulator.pem").write_text("EMULATOR")
    path = str(tmp_path / "emulator.pem")
    found = bundles(own, {"EVI_EMULATOR_CA_FILE": path, "SSL_CERT_FILE": path}, tmp_path)
    assert found["SSL_CERT_FILE"] == "OWN EMULATOR USUAL"


def test_a_machine_that_keeps_no_file(
    own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its store of CAs is asked."""
    monkeypatch.setattr(trust, "_PLACES", ())
    assert bundles(own, {}, tmp_path)["SSL_CERT_FILE"].startswith("OWN")
