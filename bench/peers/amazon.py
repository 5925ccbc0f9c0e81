"""An Amazon that keeps stock, in a process of its own: a number that is not above a SKU's last one changes nothing.

`python -m bench.peers.amazon` prints its port, then a line for each call as it arrives, stamped in the kernel.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.stamping import ANSWER_S, serve
from tests.kit.kafka.broker import eventually
from tests.kit.processes import ROOT


@dataclass(frozen=True)
class Call:
    """One that arrived, `at` so many seconds of the wall clock. `sku` None: it only asked for a level."""

    merchant_id: str
    at: float
    sku: str | None = None
    number: int = 0
    quantity: int = 0


@contextmanager
def amazon() -> Iterator[tuple[int, Callable[[], list[Call]]]]:
    """Its port, and what gives the calls that have arrived so far."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "calls"
        with file.open("w") as output:
            command = [sys.executable, "-m", "bench.peers.amazon"]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output)
        try:
            port = int(eventually("a port", file.read_text))
            yield port, lambda: _read(file.read_text().splitlines()[1:])
        finally:
            process.communicate()


def _read(lines: Iterable[str]) -> list[Call]:
    """In the order of their arrival."""
    calls = []
    for line in lines:
        match line.split():
            case [merchant_id, at, sku, number, quantity]:
                calls.append(Call(merchant_id, float(at), sku, int(number), int(quantity)))
            case [merchant_id, at]:
                calls.append(Call(merchant_id, float(at)))
    return sorted(calls, key=lambda call: call.at)


# The server's side


@dataclass(frozen=True)
class Level:
    number: int = 0
    quantity: int = 0


@dataclass
class Stock:
    levels: dict[tuple[str, str], Level] = field(default_factory=dict)

    def take(self, merchant_id: str, at: float, body: bytes) -> bytes:
        """Updates and fetches, one or more a call."""
        items = [self._item(merchant_id, at, request) for request in json.loads(body)["requests"]]
        return json.dumps({"responses": items}).encode()

    def _item(self, merchant_id: str, at: float, request: dict[str, Any]) -> dict[str, Any]:
        uri = urlsplit(request["uri"])
        sku, given = parse_qs(uri.query)["skuId"][0], request.get("body", {})
        level, status = self.levels.get((merchant_id, sku), Level()), 200
        if uri.path.endswith("/update"):
            asked = Level(given["clientSequenceNumber"], given["quantity"])
            if asked.number > level.number:
                self.levels[merchant_id, sku] = level = asked
            else:
                status = 409
            print(merchant_id, at, sku, asked.number, asked.quantity, flush=True)
        else:
            print(merchant_id, at, flush=True)
        answer = {
            "clientSequenceNumber": level.number,
            "sellableQuantity": level.quantity,
            "reservedQuantity": 0,
        }
        return {"status": {"statusCode": status}, "body": answer}


if __name__ == "__main__":
    serve(Stock().take, float(sys.argv[1]) if sys.argv[1:] else ANSWER_S)
