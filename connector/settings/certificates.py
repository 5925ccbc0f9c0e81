"""Files of certificates and keys: one that can't be used is told before anything connects."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def checked_file(value: Path | None) -> Path | None:
    """One that can be read. Raises ValueError."""
    if value is None:
        return None
    try:
        value.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it can't be the name of a file"
        raise ValueError(f"{value}: {reason}") from None
    return value


def checked_certificates(value: Path | None) -> Path | None:
    """A PEM file that can be read. Raises ValueError."""
    if checked_file(value) is None:
        return None
    try:
        ssl.create_default_context(cafile=str(value))
    except ssl.SSLError:
        raise ValueError(f"{value} holds no certificate in PEM form") from None
    return value


def check_key_pair(cert_file: Path | None, key_file: Path | None, password: str) -> None:
    """A certificate and its key, both PEM, the key in the certificate's file where `key_file` is None. Raises
    ValueError."""
    if cert_file is None:
        if key_file is not None or password:
            raise ValueError("a key is of no use without CONNECTOR_KAFKA__CERT_FILE")
        return
    try:
        # A password always, or OpenSSL asks the terminal for one
        ssl.create_default_context().load_cert_chain(cert_file, key_file, password)
    except (ssl.SSLError, ValueError):  # of a wrong password, too, OpenSSL says nothing that helps
        where = f"{cert_file} and {key_file} hold" if key_file else f"{cert_file} holds"
        raise ValueError(f"{where} no certificate in PEM form with its key, or the key has another password") from None


ReadableFile = Annotated[Path | None, AfterValidator(checked_file)]
CaFile = Annotated[Path | None, AfterValidator(checked_certificates)]
