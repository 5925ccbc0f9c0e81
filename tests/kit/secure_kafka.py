"""A broker that asks who is there and shows certificates: a listener for each way to talk, good and bad."""

import datetime
import shutil
from collections.abc import Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kit.kafka.broker import Broker
from tests.kit.kafka.server import BrokerUnavailable, JarServer, free_port, properties

USER, PASSWORD = "oms", "invented-password"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Listener(StrEnum):
    SASL = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"
    SSL = "ssl"
    EXPIRED = "expired"  # its certificate
    ELSEWHERE = "elsewhere"  # its certificate is another host's
    MUTUAL = "mutual"  # asks for a certificate of ours
    LOST = "lost"  # without certificates; it says that it is where nobody is


PROTOCOLS = {Listener.SASL: "SASL_PLAINTEXT", Listener.SASL_SSL: "SASL_SSL", Listener.LOST: "PLAINTEXT"}


class Authority:
    """A CA. `pem`: its own certificate's file."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key, NOW - 30 * DAY, NOW + 30 * DAY)
        signed = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._certificate = signed.sign(self._key, hashes.SHA256())
        self.pem = directory / f"{name}.pem"
        self.pem.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def client(self, name: str, password: str = "", until: datetime.datetime = NOW + 10 * DAY) -> tuple[Path, Path]:
        """PEM files of a client's certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed = _builder(subject, self._name, key, NOW - 20 * DAY, until).sign(self._key, hashes.SHA256())
        locked = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        files = self._directory / f"{name}-client.pem", self._directory / f"{name}-client-key.pem"
        files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
        return files

    def server(self, name: str, *, host: str = "127.0.0.1", until: datetime.datetime = NOW + 10 * DAY) -> Path:
        """A PEM file with a server's key, its certificate and this CA's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        named = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        builder = _builder(subject, self._name, key, NOW - 20 * DAY, until)
        signed = builder.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        parts = [
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
            self._certificate.public_bytes(serialization.Encoding.PEM),
        ]
        file = self._directory / f"{name}-server.pem"
        file.write_bytes(b"".join(parts))
        return file


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: datetime.datetime,
    until: datetime.datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    numbered = builder.serial_number(x509.random_serial_number())
    return numbered.not_valid_before(since).not_valid_after(until)


def missing_tools(*more: str) -> None:
    """Raises BrokerUnavailable where there are any."""
    if missing := [tool for tool in ("java", "mvn", *more) if shutil.which(tool) is None]:
        raise BrokerUnavailable(f"{' and '.join(missing)} not found: install Java 17 (the JDK) and Maven")


class SecureServer(JarServer):
    """`port`: of a listener that asks nothing, for tests; `ports`: of the others."""

    def __init__(self, authority: Authority, clients: Sequence[Authority]) -> None:
        missing_tools()
        super().__init__(properties)
        self.ports = {listener: free_port() for listener in Listener}
        keys = {
            Listener.SASL_SSL: authority.server("sasl-ssl"),
            Listener.SSL: authority.server("ssl"),
            Listener.EXPIRED: authority.server("expired", until=NOW - DAY),
            Listener.ELSEWHERE: authority.server("elsewhere", host="broker.example.com"),
            Listener.MUTUAL: authority.server("mutual"),
        }
        self._clients_cas = self._dir / "clients.pem"
        self._clients_cas.write_bytes(_bundle(clients))
        with self._config.open("a") as config:
            config.writelines(f"{name}={value}\n" for name, value in self._more(keys).items())

    def trust(self, *authorities: Authority) -> None:
        """Those alone from now on, of clients' certificates. All connections end: it starts anew."""
        self.stop()
        self._clients_cas.write_bytes(_bundle(authorities))
        self.start()
        Broker(f"127.0.0.1:{self.port}", None).wait_ready()

    def _more(self, keys: Mapping[Listener, Path]) -> dict[str, str]:
        own = dict(line.split("=", 1) for line in self._config.read_text().splitlines())
        names = {listener: listener.value.upper() for listener in Listener}
        asked = ",".join(f"{names[one]}://127.0.0.1:{port}" for one, port in self.ports.items())
        protocols = ",".join(f"{names[one]}:{PROTOCOLS.get(one, 'SSL')}" for one in Listener)
        more = {
            "listeners": f"{own['listeners']},{asked}",
            "advertised.listeners": f"{own['advertised.listeners']},{asked}".replace(
                f"LOST://127.0.0.1:{self.ports[Listener.LOST]}", f"LOST://kafka.invalid:{self.ports[Listener.LOST]}"
            ),
            "listener.security.protocol.map": f"{own['listener.security.protocol.map']},{protocols}",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        }
        for one in (Listener.SASL, Listener.SASL_SSL):
            where = f"listener.name.{one.value}"
            plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
            more[f"{where}.plain.sasl.jaas.config"] = f'{plain} required user_{USER}="{PASSWORD}";'
            scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
            more[f"{where}.scram-sha-512.sasl.jaas.config"] = f"{scram} required;"
        for one, file in keys.items():
            more[f"listener.name.{one.value}.ssl.keystore.type"] = "PEM"
            more[f"listener.name.{one.value}.ssl.keystore.location"] = str(file)
        mutual = f"listener.name.{Listener.MUTUAL.value}"
        more[f"{mutual}.ssl.client.auth"] = "required"
        more[f"{mutual}.ssl.truststore.type"] = "PEM"
        more[f"{mutual}.ssl.truststore.location"] = str(self._clients_cas)
        return more


def _bundle(authorities: Sequence[Authority]) -> bytes:
    return b"".join(one.pem.read_bytes() for one in authorities)


def start_secure_server(authority: Authority, *others: Authority) -> SecureServer:
    """`others`: whose clients it takes besides. Raises BrokerUnavailable."""
    server = SecureServer(authority, (authority, *others))
    server.start()
    Broker(f"127.0.0.1:{server.port}", None).wait_ready()
    set_password(server, PASSWORD)
    return server


def set_password(server: SecureServer, password: str) -> None:
    """Of `USER`, by SCRAM."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{server.port}", "log_level": 0})
    credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    user = UserScramCredentialUpsertion(USER, credential, password.encode())
    for made in admin.alter_user_scram_credentials([user]).values():
        made.result(30)
