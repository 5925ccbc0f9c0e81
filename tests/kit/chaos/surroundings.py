"""What a campaign's workers have around them, beside Kafka and Amazon: a registry, a queue, a disk, clocks."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.aws import Aws, AwsProcess, Queue, use_aws
from tests.kit.chaos.plan import Part
from tests.kit.kafka.broker import Broker
from tests.kit.kafka.registry_server import RegistryServer, serving
from tests.kit.kafka.server import free_port
from tests.kit.processes import ROOT

LIBFAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
CLOCK_OF = {Part.FIRST: Part.FIRST_CLOCK, Part.SECOND: Part.SECOND_CLOCK}
DISK_SIZE = "2m"
# Python's own sleep is refused under libfaketime (0.9.10: clock_nanosleep to a monotonic time is EINVAL)
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


def left_out(broker: Broker) -> dict[Part, str]:
    """Parts that can't be disturbed on this machine, and why."""
    missing: dict[Part, str] = {}
    if not broker.restartable:
        missing[Part.BROKER] = "the broker named by CONNECTOR_TEST_KAFKA is not ours to disturb"
    if not LIBFAKETIME:
        missing |= dict.fromkeys((Part.FIRST_CLOCK, Part.SECOND_CLOCK), "no libfaketime: apt-get install libfaketime")
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder))
        if not disk.mount():
            missing[Part.DOCUMENTS] = "no right to mount a tmpfs, which a full disk is made of"
        disk.unmount()
    return missing


class Registry:
    def __init__(self) -> None:
        self._server = RegistryServer()
        self._port = free_port()
        self._serving = ExitStack()
        self._old: dict[int, str] = {}
        self.url = f"http://127.0.0.1:{self._port}"

    @property
    def server(self) -> RegistryServer:
        return self._server

    def come(self) -> None:
        self._serving.enter_context(serving(self._server, self._port))

    def go(self) -> None:
        self._serving.close()

    def renumber(self) -> None:
        self._old = self._server.renumber()

    def restore(self) -> None:
        """As the operators' page advises: what is asked for is registered again."""
        self._server.know(self._old)


class Notifications:
    """AWS as far as it is Amazon's notifications."""

    def __init__(self, log: Path) -> None:
        self._process = AwsProcess(log)
        self.url = self._process.url
        self.queue_url = ""

    def come(self) -> None:
        """Empty: what the queue held is gone, its URL is as it was."""
        self._process.start()
        self._process.wait_ready()
        self.queue_url = Queue(Aws(self.url)).url

    def go(self) -> None:
        self._process.kill()


class Disk:
    """A small one, mounted at the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._filler = folder / "filler"

    def mount(self) -> bool:
        self._folder.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(self._folder)]
        return shutil.which("mount") is not None and subprocess.run(mount, capture_output=True).returncode == 0

    def unmount(self) -> None:
        if self._folder.is_mount():
            subprocess.run(["umount", "--lazy", str(self._folder)], check=True)

    def fill(self) -> None:
        with suppress(OSError), self._filler.open("wb", buffering=0) as filler:  # ENOSPC is what is wanted
            while filler.write(bytes(4096)):
                pass

    def make_room(self) -> None:
        self._filler.unlink()


class Clock:
    """A worker's wall clock: it steps while the worker runs. The monotonic one goes on, as it does in a step by NTP."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(SLEEP)
        self._folder = folder
        self.step(0)

    def step(self, seconds: int) -> None:
        draft = self._folder / "draft"
        draft.write_text(f"{seconds:+}\n")
        draft.rename(self._folder / "offset")

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(LIBFAKETIME[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._folder / "offset"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": f"{self._folder}{os.pathsep}{ROOT}",
        }


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is not among `parts` is not there, and no worker hears of it."""

    parts: frozenset[Part]
    registry: Registry
    notifications: Notifications
    disk: Disk
    clocks: Mapping[Part, Clock]

    def env(self, worker: Part) -> dict[str, str]:
        env: dict[str, str] = {}
        if Part.REGISTRY in self.parts:
            env["CONNECTOR_SCHEMA_REGISTRY__URL"] = self.registry.url
        if Part.QUEUE in self.parts:
            env["CONNECTOR_NOTIFICATIONS__QUEUE_URL"] = self.notifications.queue_url
        clock = self.clocks.get(CLOCK_OF[worker])
        return env | dict(clock.env) if clock is not None else env


@contextmanager
def surroundings(directory: Path, parts: frozenset[Part]) -> Iterator[Surroundings]:
    clocks = {part: Clock(directory / part.replace(" ", "-")) for part in CLOCK_OF.values() if part in parts}
    found = Surroundings(parts, Registry(), Notifications(directory / "aws.log"), Disk(directory / "documents"), clocks)
    with ExitStack() as stack:
        if Part.REGISTRY in parts:
            found.registry.come()
            stack.callback(found.registry.go)
        if Part.QUEUE in parts:
            use_aws(found.notifications.url, stack.enter_context(pytest.MonkeyPatch.context()))
            stack.callback(found.notifications.go)
            found.notifications.come()
        if Part.DOCUMENTS in parts:
            stack.callback(found.disk.unmount)
            found.disk.mount()
        yield found
