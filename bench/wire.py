"""Limits as Amazon sees them: arrivals at a server that is a process of its own, stamped by the kernel at its socket.

`python -m bench.wire [MERCHANTS] [SECONDS] [--arrive-together]`: each merchant's inventory lane at 6 calls/s with work
all the time, through the real client; no Kafka, no tables. With `--arrive-together` the lanes stand open and idle until
all work comes at once, as from an OMS that writes everything in one go.

Two figures: 1 s windows in which more than 6 calls of a merchant arrived (the promise is none), and the share of the
limit that was used from a merchant's first call to its last (at least 0.99).
"""

import argparse
import asyncio
import heapq
import random
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from connector.domain.inventory.requests import UpdateInventory
from connector.lanes.lane import Call, Performed, Prepare
from connector.lanes.lanes import Lanes
from connector.lanes.terms import LaneTerms
from connector.lanes.under_way import UnderWay
from connector.smartconnect.client import SmartConnect, open_smartconnect
from connector.smartconnect.http import departing
from connector.smartconnect.transport import Timeouts

LIMIT_PER_S = 6
ANSWER_S = 0.05
SKUS = 50  # enough to have work all the time
SO_TIMESTAMPNS = 35  # the kernel's time of arrival; not among Python's names
ANSWER = (
    b'{"responses":[{"status":{"statusCode":200},'
    b'"body":{"clientSequenceNumber":1,"sellableQuantity":1,"reservedQuantity":0}}]}'
)
TOKEN = b'{"access_token":"Atza|%s","expires_in":3600}'


@dataclass
class Connection:
    socket: socket.socket
    received: bytes = b""


@dataclass
class StampingServer:
    """Answers any call after ANSWER_S. `arrivals`: by access token, in seconds of the wall clock."""

    listener: socket.socket
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    due: list[tuple[float, int, Connection, bytes]] = field(default_factory=list)
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    numbers: int = 0

    def serve(self) -> None:
        """Until its standard input closes; then prints a line of arrivals for each merchant."""
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            wait_s = max(0.0, self.due[0][0] - time.monotonic()) if self.due else None
            for key, _ in self.selector.select(wait_s):
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self.listener:
                    self._accept()
                else:
                    self._receive(key.data)
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, connection, answer = heapq.heappop(self.due)
                if connection.socket.fileno() >= 0:
                    connection.socket.sendall(answer)

    def _accept(self) -> None:
        accepted, _ = self.listener.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.selector.register(accepted, selectors.EVENT_READ, Connection(accepted))

    def _receive(self, connection: Connection) -> None:
        data, ancillary, *_ = connection.socket.recvmsg(65536, 256)
        if not data:
            self.selector.unregister(connection.socket)
            connection.socket.close()
            return
        at = next((_seconds(cell) for _, kind, cell in ancillary if kind == SO_TIMESTAMPNS), time.time())
        connection.received += data
        head, blank, body = connection.received.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if not blank or len(body) < int(headers.get(b"content-length", b"0")):
            return
        connection.received = b""
        self.numbers += 1
        if b"/token" in head.split(b"\r\n", 1)[0]:
            answer, wait_s = TOKEN % body.partition(b"refresh_token=")[2].partition(b"&")[0], 0.0
        else:
            answer, wait_s = ANSWER, ANSWER_S
            self.arrivals[headers[b"x-amz-access-token"].decode()].append(at)
        sent = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer)
        heapq.heappush(self.due, (time.monotonic() + wait_s, self.numbers, connection, sent))


def _seconds(cell: bytes) -> float:
    seconds: int
    nanoseconds: int
    seconds, nanoseconds = struct.unpack("qq", cell[:16])
    return seconds + nanoseconds / 1e9


def serve() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        server = StampingServer(listener)
        server.serve()
    for token, times in server.arrivals.items():
        print(token, *times)


@dataclass(frozen=True)
class Measured:
    """`lag_ms`: from when a call was due to when it was gone, on average."""

    calls: int
    breaches: int
    used: float
    least_used: float
    cpu_ms_per_call: float


def measured(arrivals: Sequence[Sequence[float]], cpu_s: float) -> Measured:
    breaches, shares, calls = 0, [], 0
    for unsorted in arrivals:
        times = sorted(unsorted)
        calls += len(times)
        breaches += sum(later - at < 1.0 for at, later in zip(times, times[LIMIT_PER_S:], strict=False))
        shares.append((len(times) - 1) / (LIMIT_PER_S * (times[-1] - times[0])))
    return Measured(calls, breaches, sum(shares) / len(shares), min(shares), 1000 * cpu_s / calls)


async def call_for(port: int, merchants: int, seconds: float, *, together: bool) -> float:
    """Calls until the time is over; gives the CPU seconds that it took."""
    clock = time.monotonic

    async def refresh_token(merchant_id: str) -> str:
        return merchant_id

    client = open_smartconnect(
        base_url=f"http://127.0.0.1:{port}",
        token_url=f"http://127.0.0.1:{port}/token",
        client_id="c",
        client_secret="s",  # noqa: S106 - the server takes any
        refresh_tokens=refresh_token,
        gate=lambda: True,
        timeouts=Timeouts(),
        max_connections=1000,
    )
    lanes = Lanes(LaneTerms(clock, random.random, lambda: True, lambda *_: None), _die)
    names = [f"M{number}" for number in range(merchants)]
    for name in names:
        lanes.open(name, "inventory", _prepare_of(lanes, client, name), rate=LIMIT_PER_S, burst=0)
    if together:
        await asyncio.sleep(3)
    started = time.process_time()
    for name in names:
        lane = lanes.lane(name, "inventory")
        for number in range(SKUS if lane else 0):
            lane.offer(f"sku-{number}", (1, number))  # type: ignore[union-attr]  # opened just above
    await asyncio.sleep(seconds)
    cpu_s = time.process_time() - started
    await lanes.close(1.0)
    await client.aclose()
    return cpu_s


def _prepare_of(lanes: Lanes, client: SmartConnect, merchant_id: str) -> Prepare:
    def prepare(due: Sequence[tuple[str, int]]) -> Call:
        ((key, _),) = due

        async def perform(under_way: UnderWay) -> Performed:
            departing.set(under_way)
            report = await client.batch_inventory(merchant_id, [UpdateInventory("EXSB", key, 1, 1, "FBA", "A21")])
            lane = lanes.lane(merchant_id, "inventory")
            if lane is not None:
                lane.settle(key, (1, 0))
            return Performed(report.outcome)

        return Call((key,), perform)

    return prepare


def _die(fault: BaseException) -> None:
    raise SystemExit(f"a lane ended: {fault!r}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("merchants", nargs="?", type=int, default=10)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--arrive-together", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    command = [sys.executable, "-m", "bench.wire", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None:
            raise SystemExit("the server has no output")
        port = int(server.stdout.readline())
        cpu_s = uvloop.run(call_for(port, given.merchants, given.seconds, together=given.arrive_together))
        output, _ = server.communicate()
    arrivals = [[float(at) for at in line.split()[1:]] for line in output.splitlines()]
    figures = measured(arrivals, cpu_s)
    print(
        f"{given.merchants} merchants x {LIMIT_PER_S}/s, {given.seconds:g} s: {figures.calls} calls, "
        f"{figures.breaches} windows over the limit, {figures.used:.4f} of it used "
        f"(least {figures.least_used:.4f}), {figures.cpu_ms_per_call:.2f} ms CPU a call"
    )


if __name__ == "__main__":
    main()
