"""A new certificate, and the file of the CA that clients must trust."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.errors import StartupError

_NAMES = ("localhost", "127.0.0.1", "::1")


class Certificate:
    """A certificate in a folder that only this user can read, until `forget`.

    `ca_file` is for clients, `chain_file` (with the private key) for the server. Raises
    StartupError without the package `trustme`.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        try:
            import trustme  # an extra, which few install
        except ImportError:
            raise StartupError(
                "to serve https, the emulator needs the package trustme: "
                "pip install 'evi-emulator[tls]'"
            ) from None
        self._folder = TemporaryDirectory(prefix="evi-emulator-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self.ca_file = str(folder / "ca.pem")
        self.chain_file = str(folder / "server.pem")
        authority = trustme.CA()
        names = dict.fromkeys(host for host in (*_NAMES, *hosts) if host)
        try:
            certificate = authority.issue_cert(*names)
        except ValueError as error:  # a name with a blank, for example
            self.forget()
            raise StartupError(f"no certificate for {', '.join(names)}: {error}") from None
        authority.cert_pem.write_to_path(self.ca_file)
        certificate.private_key_and_cert_chain_pem.write_to_path(self.chain_file)

    def forget(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
