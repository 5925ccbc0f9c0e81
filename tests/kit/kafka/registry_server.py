"""A Confluent-compatible registry over HTTP that answers oddly where a case says so, and everything else well."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.kit.kafka.cases import RegistryCase

JSON = {"content-type": "application/vnd.schemaregistry.v1+json"}
Answer = tuple[int, dict[str, str], bytes]


class RegistryServer:
    """`asked`: (second since `begin`, path) of every request. Ids begin at 1."""

    def __init__(self) -> None:
        self.schemas: dict[int, str] = {}
        self.asked: list[tuple[float, str]] = []
        self.authorizations: list[str] = []
        self.fault: Answer | None = None
        """What everything is answered with meanwhile."""
        self._case: RegistryCase | None = None
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def begin(self, case: RegistryCase) -> None:
        self._case, self._began = case, time.monotonic()
        self.asked = []

    @property
    def second(self) -> float:
        return time.monotonic() - self._began

    def is_past(self, second: float) -> bool:
        return self.second >= second

    def asked_for(self, path: str) -> list[float]:
        return [second for second, asked in self.asked if asked == path]

    def register(self, schema: str) -> int:
        with self._lock:
            known = next((number for number, text in self.schemas.items() if text == schema), None)
            number = known or max(self.schemas, default=0) + 1
            self.schemas[number] = schema
            return number

    def renumber(self) -> dict[int, str]:
        """Every schema gets another id, one that none had; the old ones are unknown, and given back: for `know`."""
        with self._lock:
            first, old = max(self.schemas, default=0) + 1000, self.schemas
            self.schemas = dict(enumerate(dict.fromkeys(old.values()), first))
            return old

    def know(self, schemas: Mapping[int, str]) -> None:
        """Besides their newer ids."""
        with self._lock:
            self.schemas |= schemas

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        path = path.partition("?")[0]
        self.asked.append((self.second, path))
        if self.fault is not None:
            return self.fault
        if self._case is not None and path == self._case.path:
            second = self.second
            return [rest for from_s, *rest in self._case.answers if from_s <= second][-1]  # type: ignore[return-value]
        parts = path.strip("/").split("/")
        if method == "POST":
            return _json(200, {"id": self.register(json.loads(body)["schema"])})
        number = int(parts[2]) if parts[:2] == ["schemas", "ids"] else 0
        if number in self.schemas:
            return _json(200, {"schema": self.schemas[number]})
        return _json(404, {"error_code": 40403, "message": f"Schema {number} not found"})


def _json(status: int, told: Any) -> Answer:
    return status, JSON, json.dumps(told).encode()


@contextmanager
def serving(registry: RegistryServer, port: int = 0) -> Iterator[str]:
    """Its URL. `port` 0: any that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.authorizations.append(self.headers.get("authorization") or "")
            length = int(self.headers.get("content-length") or 0)
            status, headers, body = registry.answer(self.command, self.path, self.rfile.read(length))
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
