"""A server on loopback that answers as it is told and keeps what it was asked, byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from connector.domain.outcomes import Unauthorized, Unavailable
from connector.smartconnect.client import SmartConnect, open_smartconnect
from connector.smartconnect.transport import Timeouts

MERCHANT = "A2EXAMPLE"
REFRESH_TOKEN = "Atzr|refresh-secret"
CLIENT_SECRET = "client-secret"
WALL = 1_790_000_000.0
TOKEN_PATH = "/auth/o2/token"


class Clock:
    """Stands still but for `now`, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Reply:
    """`hold`: answer only once it is set. `close`: end the connection instead of answering, or after it. `raw`: the
    whole answer. `for_ever`: written again and again behind it, as long as somebody listens."""

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    close: bool = False
    raw: bytes | None = None
    for_ever: bytes = b""

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        length = {} if self.status == 204 else {"content-length": str(len(body))}
        lines = [f"{name}: {value}" for name, value in {**length, **self.headers}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} X", *lines, "", ""]).encode() + body


class Server:
    """Gives `replies` in turn, then `default`; grants any token request, unless `tokens` has a reply for it.

    `connected`: how many connections are open now.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.grants: list[Asked] = []
        self.replies: list[Reply] = []
        self.tokens: list[Reply] = []
        self.default = Reply(204)
        self.arrived = asyncio.Event()
        self.connected = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        try:
            while (asked := await _read(reader)) is not None:
                reply = self._reply(asked)
                self.arrived.set()
                if reply.hold is not None:
                    await reply.hold.wait()
                if reply.close and reply.raw is None:
                    break
                writer.write(reply.encoded())
                await writer.drain()
                while reply.for_ever:
                    writer.write(reply.for_ever)
                    await writer.drain()
                if reply.close:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connected -= 1
            writer.close()

    def _reply(self, asked: Asked) -> Reply:
        if asked.path == TOKEN_PATH:
            self.grants.append(asked)
            token = {"access_token": f"Atza|{len(self.grants)}", "expires_in": 3600}
            return self.tokens.pop(0) if self.tokens else Reply(200, token)
        self.asked.append(asked)
        return self.replies.pop(0) if self.replies else self.default


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode().strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()


async def refresh_token(_: str) -> str | Unauthorized | Unavailable:
    return REFRESH_TOKEN


@asynccontextmanager
async def client_of(
    server: Server, *, gate: Callable[[], bool] = lambda: True, timeouts: Timeouts | None = None, **changes: Any
) -> AsyncIterator[SmartConnect]:
    given: dict[str, Any] = {
        "base_url": server.url,
        "token_url": server.url + TOKEN_PATH,
        "client_id": "client",
        "client_secret": CLIENT_SECRET,
        "refresh_tokens": refresh_token,
        "gate": gate,
        "wall": lambda: WALL,
        "timeouts": timeouts,
        "max_connections": 100,
    }
    client = open_smartconnect(**(given | changes))
    try:
        yield client
    finally:
        await client.aclose()
