"""What one client may hold of the web port: a connection is for one request, heard and answered within a time, and
there are never many. So nobody who drips bytes or opens connections keeps a probe or Prometheus from their answer."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEARD_WITHIN_S = 5.0
"""From the connection to the last byte of its request's head."""
ANSWERED_WITHIN_S = 60.0
"""From the connection to its end, however slowly the answer is read."""
FOLLOWED_FOR_S = 3600.0
"""Likewise, where the answer goes on for as long as its client listens. It is free to ask again."""
MOST_CLIENTS = 64
"""Connections."""
LONGEST_LINE_BYTES = 4096
"""Of the request line, and of each header."""
MOST_HEADERS = 64


class BoundedServer(web.Server):
    """Above MOST_CLIENTS the oldest gives way: first of those that are not being answered. `followed`: the paths whose
    answers go on."""

    def __init__(
        self, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], followed: Collection[str] = ()
    ) -> None:
        super().__init__(
            self._answered,
            access_log=None,
            keepalive_timeout=HEARD_WITHIN_S,  # aiohttp's, from the connection on: there is one request each
            lingering_time=0,  # bodies are for nobody
            max_line_size=LONGEST_LINE_BYTES,
            max_field_size=LONGEST_LINE_BYTES,
            max_headers=MOST_HEADERS,
        )
        self._answer = answer
        self._followed = followed
        self._open: dict[RequestHandler, tuple[asyncio.Transport, asyncio.TimerHandle]] = {}
        self._being_answered: set[RequestHandler] = set()

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self._open) >= MOST_CLIENTS:
            oldest = next(iter(self._open))
            self._end(next((each for each in self._open if each not in self._being_answered), oldest))
        self._open[handler] = transport, self._ending(handler, ANSWERED_WITHIN_S)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        if handler in self._open:
            self._open.pop(handler)[1].cancel()

    def _ending(self, handler: RequestHandler, within_s: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(within_s, self._end, handler)

    def _end(self, handler: RequestHandler) -> None:
        """With what was not read of its answer."""
        transport, end = self._open.pop(handler)
        end.cancel()
        transport.abort()

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        self._being_answered.add(request.protocol)
        if request.path in self._followed and request.protocol in self._open:
            transport, end = self._open[request.protocol]
            end.cancel()
            self._open[request.protocol] = transport, self._ending(request.protocol, FOLLOWED_FOR_S)
        try:
            return await self._answer(request)
        except ConnectionResetError:
            if request.transport is not None and not request.transport.is_closing():
                raise
            return web.Response()  # whoever asked has left: aiohttp would log it as a fault of ours
        finally:
            self._being_answered.discard(request.protocol)
