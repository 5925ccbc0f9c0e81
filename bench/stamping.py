"""An Amazon in a process of its own, which stamps each call in the kernel at its socket: what Amazon would count."""

import heapq
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

ANSWER_S = 0.05
SO_TIMESTAMPNS = 35  # the kernel's time of arrival; not among Python's names
QUANTITY = 1
"""What every SKU is said to have, under the first sequence number: the same answer for all."""

LEVEL = (
    b'{"responses":[{"status":{"statusCode":200},'
    b'"body":{"clientSequenceNumber":1,"sellableQuantity":1,"reservedQuantity":0}}]}'
)
NOTHING_LISTED = b'{"shipments":[],"returns":[]}'
TOKEN = b'{"access_token":"Atza|%s","expires_in":3600}'
"""Of a refresh token, which is the merchant's id."""


@dataclass
class Connection:
    socket: socket.socket
    received: bytes = b""


Take = Callable[[str, float, bytes], bytes]
"""(merchant, arrival in seconds of the wall clock, body of an inventory call) -> the answer's body."""


@dataclass
class StampingServer:
    """Answers inventory calls after `answer_s` as `take` says, and lists nothing."""

    listener: socket.socket
    answer_s: float
    take: Take
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    due: list[tuple[float, int, Connection, bytes]] = field(default_factory=list)
    numbers: int = 0

    def serve(self) -> None:
        """Until its standard input closes."""
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
                    with suppress(ConnectionError):
                        connection.socket.sendall(answer)

    def _accept(self) -> None:
        accepted, _ = self.listener.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.selector.register(accepted, selectors.EVENT_READ, Connection(accepted))

    def _receive(self, connection: Connection) -> None:
        try:
            data, ancillary, *_ = connection.socket.recvmsg(65536, 256)
        except ConnectionError:  # the worker was killed
            data, ancillary = b"", []
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
        wait_s = self.answer_s
        if b"/token" in head.split(b"\r\n", 1)[0]:
            answer, wait_s = TOKEN % body.partition(b"refresh_token=")[2].partition(b"&")[0], 0.0
        elif head.startswith(b"GET "):
            answer = NOTHING_LISTED
        else:
            merchant_id = headers[b"x-amz-access-token"].decode().removeprefix("atza|").upper()
            answer = self.take(merchant_id, at, body)
        sent = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer)
        heapq.heappush(self.due, (time.monotonic() + wait_s, self.numbers, connection, sent))


def _seconds(cell: bytes) -> float:
    seconds: int
    nanoseconds: int
    seconds, nanoseconds = struct.unpack("qq", cell[:16])
    return seconds + nanoseconds / 1e9


class Amazon:
    """The server's process. `ended`: the arrivals, by merchant, each merchant's in order."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        command = [sys.executable, "-m", "bench.stamping", str(answer_s)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout is None:
            raise SystemExit("the server has no output")
        self.port = int(self._process.stdout.readline())

    def ended(self) -> dict[str, list[float]]:
        output, _ = self._process.communicate()
        lines = [line.split() for line in output.splitlines()]
        return {merchant_id: sorted(map(float, times)) for merchant_id, *times in lines}


def breaches(times: Sequence[float], limit_per_s: int) -> int:
    """Windows of a second, of one merchant's arrivals in order, that hold more calls than the limit."""
    return sum(later - at < 1.0 for at, later in zip(times, times[limit_per_s:], strict=False))


def used_share(times: Sequence[float], limit_per_s: int) -> float:
    """Of the limit, from the first arrival to the last."""
    return (len(times) - 1) / (limit_per_s * (times[-1] - times[0]))


def serve(take: Take, answer_s: float) -> None:
    """At a port of its own, which it prints first, until standard input closes."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        StampingServer(listener, answer_s, take).serve()


def main() -> None:
    """Takes any update; prints the arrivals at the end."""
    arrivals: dict[str, list[float]] = defaultdict(list)

    def take(merchant_id: str, at: float, _body: bytes) -> bytes:
        arrivals[merchant_id].append(at)
        return LEVEL

    serve(take, float(sys.argv[1]))
    for merchant_id, times in arrivals.items():
        print(merchant_id, *times)


if __name__ == "__main__":
    main()
