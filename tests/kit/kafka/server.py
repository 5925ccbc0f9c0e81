"""Apache Kafka for one test run, from the first of: a Docker engine, jars of Maven Central on Java 17."""

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

VERSION = "4.1.0"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>tests</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:TieredStopAtLevel=1",  # it lives for minutes: the second compiler would take half of its CPU till then
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


class BrokerUnavailable(Exception):
    """No broker can be had on this machine; the text says why and what would help."""


class Server(Protocol):
    """A broker that can be stopped, or killed, and started again with the same data and port; and frozen."""

    port: int

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def wake(self) -> None: ...
    def close(self) -> None: ...


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


ADMIN, USERS = "admin", ("admin", "oms")  # of a secured broker; a password is the user's name and -secret


def properties(port: int, controller: int) -> Mapping[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "log.cleaner.backoff.ms": "100",
        "log.flush.start.offset.checkpoint.interval.ms": "500",  # what is deleted stays so if the broker is killed
        "broker.session.timeout.ms": "3000",  # a restart waits for the old session to end
        "broker.heartbeat.interval.ms": "500",
    }


def secured(port: int, controller: int) -> Mapping[str, str]:
    """A broker that knows its users (SASL PLAIN), and denies what an ACL denies."""
    users = " ".join(f'user_{user}="{password(user)}"' for user in USERS)
    login = f'username="{ADMIN}" password="{password(ADMIN)}" {users}'
    return {
        **properties(port, controller),
        "listeners": f"SASL_PLAINTEXT://:{port},CONTROLLER://:{controller}",
        "advertised.listeners": f"SASL_PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": (
            f"org.apache.kafka.common.security.plain.PlainLoginModule required {login};"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN};User:ANONYMOUS",  # the controller's listener knows no names
        "allow.everyone.if.no.acl.found": "true",
    }


def password(user: str) -> str:
    return f"{user}-secret"


def login(user: str) -> Mapping[str, str]:
    """What librdkafka needs to be this user."""
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": password(user),
    }


def _die_with_parent() -> None:
    """Runs in the child: a killed test run must not leave a JVM behind (Linux: PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


Properties = Callable[[int, int], Mapping[str, str]]


class JarServer:
    """`jvm`: options besides. `classes`: a directory of classes that the broker loads by name."""

    def __init__(self, of: Properties, jvm: Sequence[str] = (), classes: Path | None = None) -> None:
        self.port = free_port()
        self._jvm = (*JVM, *jvm)
        self._classes = [] if classes is None else [str(classes)]
        self._jars = _jars() / "*"
        self._dir = Path(tempfile.mkdtemp(prefix="kafka-"))
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)
        settings = {**of(self.port, free_port()), "log.dirs": str(self._dir / "data")}
        self._config = self._dir / "server.properties"
        self._config.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        format_ = ("format", "-t", "Zm9ybWF0dGVkLWZvci10ZQ", "-c", str(self._config))
        subprocess.run(self._java("kafka.tools.StorageTool", *format_), check=True, capture_output=True)

    def _java(self, main: str, *arguments: str) -> list[str]:
        return ["java", *self._jvm, "-cp", os.pathsep.join([str(self._jars), *self._classes]), main, *arguments]

    def start(self) -> None:
        with (self._dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._config)),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is pytest's; the server goes after the tests that use it
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitpid(self._process.pid, os.WUNTRACED)  # its threads stop one by one, and answer until then

    def wake(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.wake()  # one that is frozen hears of no stop
        self.stop()
        shutil.rmtree(self._dir, ignore_errors=True)
        atexit.unregister(self.close)


class ContainerServer:
    def __init__(self, of: Properties) -> None:
        from testcontainers.core.container import DockerContainer

        self.port = free_port()
        self._container: Any = DockerContainer(f"apache/kafka:{VERSION}").with_bind_ports(self.port, self.port)
        for name, value in of(self.port, 9093).items():
            self._container.with_env(f"KAFKA_{name.upper().replace('_', '__').replace('.', '_')}", value)
        self._container.start()

    def start(self) -> None:
        self._container.get_wrapped_container().start()  # of a running container: no effect

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def freeze(self) -> None:
        self._container.get_wrapped_container().pause()

    def wake(self) -> None:
        self._container.get_wrapped_container().unpause()

    def close(self) -> None:
        self._container.stop()


def new_server(of: Properties = properties) -> Server:
    """`of`: the broker's properties, by its port and its controller's."""
    if _docker_answers():
        try:
            return ContainerServer(of)
        except Exception as fault:  # noqa: BLE001  # no image, no registry, no right to run one: whatever Docker says
            print(f"Docker can't run Kafka ({fault}); trying Java", file=sys.stderr)  # noqa: T201  # pytest shows it
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        raise BrokerUnavailable(
            f"no Docker engine answers and {' and '.join(missing)} not found: install Java 17 and Maven, start Docker, "
            "or name a running broker in CONNECTOR_TEST_KAFKA (host:port)"
        )
    return JarServer(of)


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True, timeout=30).returncode == 0


def _jars() -> Path:
    """Fetched once per machine: 43 MB."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / f"connector-kafka-{VERSION}"
    if not (home / "lib").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as work:
            (Path(work) / "pom.xml").write_text(POM)
            fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
            done = subprocess.run(fetch, cwd=work, capture_output=True, text=True)
            if done.returncode:
                raise BrokerUnavailable(f"Maven could not fetch Kafka's jars: {done.stdout[-500:]}")
            with suppress(OSError):  # it is there: another test run was faster
                (Path(work) / "lib").rename(home / "lib")
    return home / "lib"
