"""The same job through the connector's worker and through its peers, each a process; a kill -9 amid it if wanted."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from bench.calls import LIMIT_PER_S, LOCATION, Running, cpu_s, prepared
from bench.peers.amazon import Call, amazon
from bench.peers.judge import Outcome, Sku, judge, levels
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import INVENTORY
from tests.kit.kafka.broker import Broker, eventually
from tests.kit.processes import ROOT

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENVIRONMENT = ROOT / "build" / "peers"
MOST_S = 300.0
QUIET_S = 3.0
PEERS: Mapping[str, str] = {
    "quixstreams + httpx + aiolimiter": "bench.peers.by_quixstreams",
    "aiokafka + httpx + aiolimiter": "bench.peers.by_aiokafka",
}


class Killable(Protocol):
    @property
    def pid(self) -> int: ...

    @property
    def running(self) -> bool: ...

    def kill(self) -> None: ...

    def tail(self) -> str: ...


Start = Callable[[Running], Killable]
"""Starts who does the job."""


@dataclass(frozen=True)
class Job:
    """`updates` of `skus`, at random, of so many merchants."""

    merchants: int
    updates: int
    skus: int

    def write(self, run: Running) -> dict[Sku, int]:
        """All updates at once, each with a quantity of its own; gives the newest of each SKU."""
        chance, codec, now_ms = random.Random(1), AvroCodec(), time.time_ns() // 1_000_000
        newest: dict[Sku, int] = {}
        records = []
        for number in range(1, self.updates + 1):
            sku = chance.randrange(self.skus)
            merchant_id = f"M{sku % self.merchants}"
            newest[merchant_id, f"sku-{sku}"] = number
            update = {
                "update_id": f"update-{number}",
                "merchant_id": merchant_id,
                "location_id": LOCATION,
                "sku": f"sku-{sku}",
                "quantity": number,
                "occurred_at": now_ms - self.updates + number,
            }
            records.append((merchant_id, codec.encode(INVENTORY.name, update)))
        run.broker.produce(INVENTORY.name, records, partitioner="murmur2_random")
        return newest


@dataclass(frozen=True)
class Measured:
    outcome: Outcome
    cpu_s: float


class Peer:
    """A peer's process, in the peers' own environment."""

    def __init__(self, module: str, run: Running) -> None:
        self._log = run.directory / "peer.log"
        state = run.directory / "state"
        state.mkdir(exist_ok=True)
        amazon = run.environment["CONNECTOR_SMARTCONNECT__BASE_URL"]
        given = [run.broker.bootstrap_servers, INVENTORY.name, amazon, str(LIMIT_PER_S), str(state)]
        command = [str(ENVIRONMENT / "bin" / "python"), "-m", module, *given, text_of(INVENTORY.schema)]
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait(30)

    def tail(self) -> str:
        return self._log.read_text()[-4000:]


def start_worker(run: Running) -> Killable:
    run.start()
    return run.worker


def starts() -> dict[str, Start]:
    """By name; makes the peers' environment where it is not there, or is another's."""
    made = ENVIRONMENT / REQUIREMENTS.name
    if not made.exists() or made.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True)
        made.write_text(REQUIREMENTS.read_text())
    return {"connector worker": start_worker, **{name: partial(Peer, module) for name, module in PEERS.items()}}


def measure(broker: Broker, start: Start, job: Job, *, kill: bool) -> Measured:
    """From the start of the process until Amazon has all that it should and no more calls come. `kill`: -9 when half
    of the SKUs have had a call, and it is started again at once.

    What is lost or wrong for good is a figure, no fault: such a run ends after MOST_S.
    """
    with amazon() as (port, calls), prepared(broker, port, job.merchants, LIMIT_PER_S) as run:
        wanted = job.write(run)
        began, cpu_before_s = time.time(), 0.0
        process = start(run)
        try:
            if kill:
                eventually("half of the SKUs", lambda: len(levels(calls())) >= len(wanted) // 2, MOST_S)
                cpu_before_s = cpu_s(process.pid)
                process.kill()
                process = start(run)
            until = time.time() + MOST_S
            while time.time() < until and not _is_done(calls(), wanted):
                if not process.running:
                    raise SystemExit(f"it ended by itself:\n{process.tail()}")
                time.sleep(0.2)
            return Measured(judge(calls(), wanted, began, LIMIT_PER_S), cpu_before_s + cpu_s(process.pid))
        finally:
            process.kill()


def _is_done(calls: Sequence[Call], wanted: Mapping[Sku, int]) -> bool:
    return bool(calls) and time.time() - calls[-1].at > QUIET_S and levels(calls) == wanted
