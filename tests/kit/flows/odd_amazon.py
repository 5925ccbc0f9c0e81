"""An Amazon on loopback whose inventory answers are a test's own: cases as they are, withheld answers, odd items.

Where nothing is said it keeps numbers and stock as Amazon should, and has no orders and no returns.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.kit.amazon.case_answers import answer_body

TOKEN_PATH = "/auth/o2/token"


@dataclass(frozen=True)
class AskedItem:
    """One item of a batchInventory call; `quantity` and `sequence` None: it fetches."""

    location_id: str
    sku: str
    quantity: int | None = None
    sequence: int | None = None

    @property
    def sent(self) -> tuple[int, int] | None:
        return None if self.sequence is None or self.quantity is None else (self.sequence, self.quantity)


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def case_answer(case: Mapping[str, Any]) -> HttpAnswer:
    """Of tests/cases/amazon."""
    return HttpAnswer(case["status"], case.get("headers", {}), answer_body(case))


@dataclass
class OddAmazon:
    """`odd`: by SKU, what every call for it is answered, or None for as it should be; `elsewhere`: likewise by
    path. `held`: SKUs whose answers wait until they are taken out; what was asked takes effect at once."""

    url: str = ""
    asked: list[AskedItem] = field(default_factory=list)
    odd: dict[str, Callable[[AskedItem], HttpAnswer | None]] = field(default_factory=dict)
    elsewhere: Callable[[str], HttpAnswer | None] = lambda _: None
    held: set[str] = field(default_factory=set)
    _posted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def of(self, sku: str) -> list[AskedItem]:
        return [item for item in self.asked if item.sku == sku]

    def sent(self, sku: str) -> list[tuple[int, int]]:
        """(sequence, quantity) of each update of it."""
        return [item.sent for item in self.of(sku) if item.sent is not None]

    def units(self, sku: str, location_id: str) -> int | None:
        return self._posted.get((location_id, sku), (0, None))[1]

    def release(self, *skus: str) -> None:
        with self._changed:
            self.held -= set(skus)
            self._changed.notify_all()

    def answer(self, path: str, body: bytes) -> HttpAnswer:
        if (answer := self.elsewhere(path)) is not None:
            return answer
        if path == TOKEN_PATH:
            return _ok({"access_token": "Atza|odd", "expires_in": 3600})
        if "/inventories" not in path:
            return _ok({"shipments": [], "returns": []})
        items = [_read(item) for item in json.loads(body)["requests"]]
        with self._changed:
            self.asked += items
            answers = [odd(item) for item in items if (odd := self.odd.get(item.sku)) is not None]
            levels = [self._level(item) for item in items if item.sku not in self.odd]
            self._changed.wait_for(lambda: not self.held & {item.sku for item in items}, timeout=120)
        return next((answer for answer in answers if answer is not None), None) or _ok({"responses": levels}, 207)

    def _level(self, item: AskedItem) -> dict[str, Any]:
        place = (item.location_id, item.sku)
        if item.sent is not None and item.sent[0] >= self._posted.get(place, (0, 0))[0]:
            self._posted[place] = item.sent
        sequence, quantity = self._posted.get(place, (None, 0))
        body: dict[str, Any] = {"locationId": item.location_id, "skuId": item.sku}
        body |= {"sellableQuantity": quantity, "reservedQuantity": 0}
        if sequence is not None:
            body["clientSequenceNumber"] = sequence
        return {"status": {"statusCode": 200, "reasonPhrase": "Success"}, "body": body}


def _ok(body: Mapping[str, Any], status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": "application/json"}, json.dumps(body).encode())


def _read(item: Mapping[str, Any]) -> AskedItem:
    query = {name: values[0] for name, values in parse_qs(urlsplit(item["uri"]).query).items()}
    body = item["body"]
    return AskedItem(query["locationId"], query["skuId"], body.get("quantity"), body.get("clientSequenceNumber"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, amazon: OddAmazon) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.amazon = amazon


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", "0"))))

    do_PUT = do_POST

    def _answer(self, body: bytes) -> None:
        answer = self.server.amazon.answer(urlsplit(self.path).path, body)
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test says what was asked."""


@contextmanager
def running_odd_amazon() -> Iterator[OddAmazon]:
    amazon = OddAmazon()
    server = _Server(amazon)
    amazon.url = f"http://127.0.0.1:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield amazon
    finally:
        amazon.release(*amazon.held)
        server.shutdown()
        server.server_close()
