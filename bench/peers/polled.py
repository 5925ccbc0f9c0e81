"""An Amazon of merchants that are polled: it lists nothing, takes all stock, and knows when each list was asked for.

`python -m bench.peers.polled LISTS_S STOCK_S` prints its port; answers come after so many seconds. For a line on its
standard input it prints what it has seen, as a line of JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop

from bench.stamping import LEVEL, NOTHING_LISTED, TOKEN
from tests.kit.processes import ROOT

NEVER_S = 1e6


@dataclass
class Seen:
    """`at`, now, in seconds of the wall clock as all times here. `asked`: when each list of a merchant was asked for
    last, without sweeps. `lists`: how many calls these were. `stock`: of each merchant's SKU, when it first came."""

    at: float = 0.0
    lists: int = 0
    asked: dict[str, float] = field(default_factory=dict)
    stock: dict[str, float] = field(default_factory=dict)

    def take_list(self, name: str, at: float) -> None:
        self.lists += 1
        self.asked[name] = at


class PolledAmazon:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the server can't be asked")
        self._asks, self._tells = process.stdin, process.stdout
        self.port = int(self._tells.readline())

    def seen(self) -> Seen:
        self._asks.write("\n")
        self._asks.flush()
        told: dict[str, Any] = json.loads(self._tells.readline())
        return Seen(**told)


@contextmanager
def polled_amazon(lists_s: float, stock_s: float) -> Iterator[PolledAmazon]:
    command = [sys.executable, "-m", "bench.peers.polled", str(lists_s), str(stock_s)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
    try:
        yield PolledAmazon(process)
    finally:
        process.communicate()


# The server's side


class Connection(asyncio.Protocol):
    def __init__(self, seen: Seen, lists_s: float, stock_s: float) -> None:
        self._seen = seen
        self._lists_s, self._stock_s = lists_s, stock_s
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines)
        if not blank or len(body) < int(headers.get(b"content-length", b"0")):
            return
        self._received = b""
        answer, wait_s = self._answer(first.decode(), headers, body)
        asyncio.get_running_loop().call_later(wait_s, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))

    def _answer(self, first: str, headers: dict[bytes, bytes], body: bytes) -> tuple[bytes, float]:
        method, target, _ = first.split(" ")
        if target.startswith("/token"):
            return TOKEN % body.partition(b"refresh_token=")[2].partition(b"&")[0], 0.0
        merchant_id = headers[b"x-amz-access-token"].decode().removeprefix("atza|").upper()
        if method == "GET":
            path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
            if "lastUpdatedAfter" in query or "createdSince" in query:
                status = query.get("status", [""])[0]
                self._seen.take_list(f"{merchant_id} {path.rpartition('/')[2]} {status}".rstrip(), time.time())
            return NOTHING_LISTED, self._lists_s
        for request in json.loads(body)["requests"]:
            sku = parse_qs(urlsplit(request["uri"]).query)["skuId"][0]
            self._seen.stock.setdefault(f"{merchant_id} {sku}", time.time())
        return LEVEL, self._stock_s


async def serve(lists_s: float, stock_s: float) -> None:
    """Until its standard input closes."""
    seen, loop = Seen(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(seen, lists_s, stock_s), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        seen.at = time.time()
        print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(*map(float, sys.argv[1:])))
