"""Files of CAs: a program's trusted ones, and the proxy's."""

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

# Variables by which programs find CAs, and whether the file takes the place of the usual ones.
CA_VARIABLES = {
    "SSL_CERT_FILE": True,  # OpenSSL, and so most of Python, Ruby and Go
    "REQUESTS_CA_BUNDLE": True,
    "CURL_CA_BUNDLE": True,
    "NODE_EXTRA_CA_CERTS": False,
}
# The variable that a program reads where its own one is not set.
_INSTEAD = {"REQUESTS_CA_BUNDLE": "CURL_CA_BUNDLE", "CURL_CA_BUNDLE": "SSL_CERT_FILE"}
# Where systems keep the file of all CAs, if OpenSSL does not know.
_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def write_bundles(ca_file: str, environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write a file of CAs for each variable into the folder; return the files by variable.

    Each has the CA, and what the file has that a program would have read: the variable's own, or
    that of the variable which stands in for it. The file of the emulator, which is the variable's
    where it serves https, doesn't take the place of the usual CAs.
    """
    own = Path(ca_file).read_text(encoding="utf-8")
    emulators = environment.get("EVI_EMULATOR_CA_FILE", "")
    bundles = dict[str, str]()
    for variable, is_all in CA_VARIABLES.items():
        given = environment.get(variable) or environment.get(_INSTEAD.get(variable, ""), "")
        parts = [own, _content(given)]
        if is_all and given in ("", emulators):
            parts += _usual_cas()
        path = folder / f"{variable.lower()}.pem"
        path.write_text("\n".join(parts), encoding="utf-8")
        bundles[variable] = str(path)
    return bundles


def _content(path: str) -> str:
    """Return the content of a file of CAs; "" if it can't be read, as for the program."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace") if path else ""
    except OSError:
        return ""


def _usual_cas() -> Iterator[str]:
    """Yield the CAs of this machine, in PEM, from the first place that has some."""
    known = ssl.get_default_verify_paths().cafile or ""
    files = [path for path in (known, *_PLACES) if path and os.path.isfile(path)]
    if files:
        yield _content(files[0])
        return
    for each in ssl.create_default_context().get_ca_certs(binary_form=True):  # Windows has a store
        yield ssl.DER_cert_to_PEM_cert(each)
