"""Files of certificates and keys: one that can't be used is told before anything connects."""

import ssl
import time
from datetime import datetime
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
    """A certificate and its key, both PEM, the key in the certificate's file where `key_file` is None. One
    that has ended is a fault too. Raises ValueError."""
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
    _, ended_at = validity(cert_file)
    if ended_at.timestamp() <= time.time():
        raise ValueError(f"the certificate in {cert_file} ended on {ended_at:%Y-%m-%d %H:%M} UTC; get a new one")


def validity(cert_file: Path) -> tuple[datetime, datetime]:
    """From when until when, of the first certificate, which is our own; what follows is of those that signed it. Raises
    ValueError."""
    from cryptography import x509  # slow to import: not where there is no certificate

    own = x509.load_pem_x509_certificates(cert_file.read_bytes())[0]
    return own.not_valid_before_utc, own.not_valid_after_utc


ReadableFile = Annotated[Path | None, AfterValidator(checked_file)]
CaFile = Annotated[Path | None, AfterValidator(checked_certificates)]
