"""Intake by a worker as users run it, beside quixstreams. `python -m bench.intake [UPDATES] [SKUS] [--peer PYTHON]`.

`connector worker` as a process on a real broker: Avro in, rows durable in the changelog, each merchant's lane offered
what it has to send; Amazon does not answer, so nothing is settled. SKUs come in random order.
Time runs from the partitions' arrival to the last row in the changelog, CPU is the process's from there to the commit.

`--peer`: a Python with quixstreams and fastavro in it: the same topic goes through bench/quixstreams_intake.py too.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connector.domain.inventory.ledger import LedgerRow
from connector.kafka.avro.schemas import text_of
from connector.kafka.topics import INVENTORY, changelog_topic
from connector.tables.ledger import LEDGER, ledger_key
from tests.kit.flows.world import LOCATION, PARTITIONS, Seller, World
from tests.kit.kafka.broker import Broker, eventually, start_broker, unique
from tests.kit.processes import Process

MERCHANTS = 20
MOST_S = 600
NO_ANSWER = ("--fault", "timeout,op=inventory")
PEER = Path(__file__).with_name("quixstreams_intake.py")


@dataclass(frozen=True)
class Measured:
    updates: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.updates / self.wall_s

    def told(self, name: str) -> str:
        cpu_us = self.cpu_s / self.updates * 1e6
        return f"{name:<12} {self.per_s:>9,.0f} updates/s, {cpu_us:>5.1f} us of CPU each"


def main(updates: int, skus: int, peer: str) -> None:
    broker = start_broker()
    try:
        with tempfile.TemporaryDirectory() as directory:
            merchants = [Seller(f"M{number}", extra="orders = false\nreturns = false") for number in range(MERCHANTS)]
            with closing(World(broker, Path(directory), merchants, simulator_args=NO_ANSWER)) as world:
                write(world, updates, skus // MERCHANTS)
                ours = measure(world, updates)
                print(ours.told("connector"), flush=True)
                check(world)
        if peer:
            theirs = measure_peer(broker, updates, peer)
            print(theirs.told("quixstreams"))
            print(f"{ours.per_s / theirs.per_s:.2f} x quixstreams, {theirs.cpu_s / ours.cpu_s:.2f} x by CPU")
    finally:
        broker.close()


def write(world: World, updates: int, skus: int) -> None:
    chance = random.Random(1)
    world.produce(
        world.update(
            f"M{chance.randrange(MERCHANTS)}", f"SKU-{chance.randrange(skus):06}", chance.randrange(100), number
        )
        for number in range(1, updates + 1)
    )


def measure(world: World, updates: int) -> Measured:
    worker = world.start_worker(CONNECTOR_SMARTCONNECT__TIMEOUT_S="300")
    began_cpu_s, began_at = cpu_s(worker), time.time()

    def is_committed() -> bool:
        offsets = world.broker.committed(world.app_id)
        return sum(offsets.get((INVENTORY.name, number), 0) for number in range(PARTITIONS)) == updates

    eventually("all updates are taken", is_committed, MOST_S)
    took_cpu_s = cpu_s(worker) - began_cpu_s
    rows = world.broker.consume(changelog_topic(world.app_id, LEDGER.name))
    return Measured(updates, max(row.timestamp()[1] for row in rows) / 1000 - began_at, took_cpu_s)


def check(world: World) -> None:
    """What is fast and wrong is worth nothing: the newest of each SKU is in its row, and all others are counted."""
    read, rows = LEDGER.reader(), dict[str, LedgerRow]()
    for message in world.broker.consume(changelog_topic(world.app_id, LEDGER.name)):
        rows[(message.key() or b"").decode()] = read(message.value() or b"")
    newest = {ledger_key(each.merchant_id, LOCATION, each.sku): each for each in world.written}
    if {key: row.counts[LOCATION].update_id for key, row in rows.items()} != {
        k: u.update_id for k, u in newest.items()
    }:
        raise SystemExit("a row has not its newest update")
    origins = [origin for row in rows.values() for origin in (row.origin, row.queued) if origin is not None]
    if sum(1 + origin.superseded_count for origin in origins) != len(world.written):
        raise SystemExit("an update is named nowhere")


def cpu_s(worker: Process) -> float:
    """User and system time of the process and its threads (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_peer(broker: Broker, updates: int, python: str) -> Measured:
    with tempfile.TemporaryDirectory() as directory:
        command = [python, str(PEER), broker.bootstrap_servers, INVENTORY.name, unique("peer"), str(updates), directory]
        schema = text_of(INVENTORY.schema)
        done = subprocess.run(
            command, check=True, input=schema, stdout=subprocess.PIPE, text=True, timeout=MOST_S, cwd=directory
        )
    told = json.loads(done.stdout.splitlines()[-1])
    return msgspec.convert({"updates": updates, **told}, Measured)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("updates", nargs="?", type=int, default=200_000)
    parser.add_argument("skus", nargs="?", type=int, default=20_000)
    parser.add_argument("--peer", default="", help="a Python with quixstreams and fastavro")
    given = parser.parse_args()
    main(given.updates, given.skus, given.peer)
