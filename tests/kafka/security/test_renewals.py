"""Passwords and certificates that are replaced while a worker runs: it goes on with the new ones, and does not end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.flows.world import Seller, World
from tests.kit.kafka.broker import Broker, BrokerUnavailable, eventually
from tests.kit.missing import skip_unless_ci
from tests.kit.processes import Process
from tests.kit.secure_kafka import (
    PASSWORD,
    USER,
    Authority,
    Listener,
    SecureServer,
    set_password,
    start_secure_server,
)

pytestmark = pytest.mark.kafka

NEW_PASSWORD = "invented-new-password"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    directory = tmp_path_factory.mktemp("certificates")
    return Authority(directory, "old"), Authority(directory, "new")


@pytest.fixture(scope="module")
def server(authorities: tuple[Authority, Authority]) -> Iterator[SecureServer]:
    try:
        server = start_secure_server(*authorities)
    except BrokerUnavailable as reason:
        skip_unless_ci(reason)
    yield server
    server.close()


@pytest.fixture
def world(server: SecureServer, tmp_path: Path) -> Iterator[World]:
    """Its workers wait for a broker that starts anew, however long that takes."""
    world = World(Broker(f"127.0.0.1:{server.port}", None), tmp_path, [Seller("A1")], session_timeout_s=120)
    yield world
    world.close()


def start_worker(world: World, server: SecureServer, listener: Listener, **kafka: str) -> Process:
    servers = f"127.0.0.1:{server.ports[listener]}"
    named = {f"CONNECTOR_KAFKA__{name}": value for name, value in {"BOOTSTRAP_SERVERS": servers, **kafka}.items()}
    return world.start_worker(ready=True, CONNECTOR_RENEWAL_INTERVAL_S="1", **named)


def times_owned(worker: Process) -> int:
    return worker.log.read_text().count('"partitions owned"')


def update(world: World, number: int) -> None:
    """It comes to Amazon: all of the worker does its work."""
    world.produce([world.update("A1", "SKU", number, number)])
    world.wait_quantities({("A1", "SKU"): number}, timeout_s=90)


def test_a_password_is_replaced(server: SecureServer, world: World, tmp_path: Path) -> None:
    """First in the file, then at the broker, which takes the old one no longer for new connections."""
    mounted = tmp_path / "password"
    mounted.write_text(PASSWORD)
    who = {"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_MECHANISM": "SCRAM-SHA-512", "SASL_USERNAME": USER}
    worker = start_worker(world, server, Listener.SASL, **who, SASL_PASSWORD_FILE=str(mounted))
    update(world, 1)
    mounted.write_text(NEW_PASSWORD)
    worker.wait_for("can't be used yet: .*authentication failed")
    update(world, 2)
    assert times_owned(worker) == 1
    set_password(server, NEW_PASSWORD)
    try:
        worker.wait_for("CONNECTOR_KAFKA__SASL_PASSWORD: replaced")
        eventually("its partitions again", lambda: times_owned(worker) > 1, 60)
        update(world, 3)
        assert worker.stop() == 0
    finally:
        set_password(server, PASSWORD)
    assert "invented" not in worker.log.read_text()


def test_a_certificate_is_replaced(
    server: SecureServer, world: World, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """By another CA's; then the broker ends all connections, and takes the old CA's no longer."""
    old, new = authorities
    mounted = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = dict(zip(("CERT_FILE", "KEY_FILE"), map(str, mounted), strict=True))
    _copy(old.client("worker"), mounted)
    worker = start_worker(world, server, Listener.MUTUAL, SECURITY_PROTOCOL="SSL", CA_FILE=str(old.pem), **names)
    update(world, 1)
    _copy(new.client("worker"), mounted)
    worker.wait_for("CONNECTOR_KAFKA__CERT_FILE, CONNECTOR_KAFKA__KEY_FILE: replaced")
    eventually("its partitions again", lambda: times_owned(worker) > 1, 60)
    server.trust(new)
    update(world, 2)
    assert worker.stop() == 0


def _copy(files: tuple[Path, Path], mounted: tuple[Path, Path]) -> None:
    """One after the other, so that they do not fit for a moment."""
    for file, place in zip(files, mounted, strict=True):
        place.write_bytes(file.read_bytes())
