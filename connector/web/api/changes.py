"""What changes, told as it does: server-sent events, for a console that is never reloaded.

All who listen share one look at the workers; nobody listens, nobody looks. Each is told what is new to it, so one that
reads slowly skips what was overtaken, and nothing piles up.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import orjson

from connector.surprises import tell_surprise
from connector.web.api.reads import View
from connector.web.pages import Stopped

VIEW_EVERY_S = 2.0
VIEW_REST = 10
"""Times as long as a look took: then comes the next. With 10,000 merchants a look takes much of a second."""
COMMENT_EVERY_S = 15.0
"""So that a client that is gone is noticed, and no proxy takes silence for the end."""
BACK_AFTER_MS = 2000
"""When a client that lost its connection asks again."""


class Changes:
    """`look` gives what there is now; what it raises ends nobody's stream, and the next look is tried."""

    def __init__(self, look: Callable[[], Awaitable[View]]) -> None:
        self._look = look
        self._view: View | None = None
        self._looked = asyncio.Condition()
        self._listeners = 0
        self._rest_s = VIEW_EVERY_S
        self._looking: asyncio.Task[None] | None = None

    async def events(self) -> AsyncGenerator[bytes, None]:
        """For ever. The first of each kind is whole. After each look, whatever it brought, comes `looked`: so a client
        knows how old its figures are, and in how many seconds the next look begins."""
        async with self._listening():
            yield f"retry: {BACK_AFTER_MS}\n\n".encode()
            seen: View | None = None
            while True:
                view = await self._next(seen)
                if view is None:
                    yield b": nothing new\n\n"
                    continue
                for event in _events(seen, view):
                    yield event
                yield _event(b"looked", orjson.dumps({"next_s": self._rest_s}))
                seen = view

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        self._listeners += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = self._view = None

    async def _next(self, seen: View | None) -> View | None:
        """None: there was none for COMMENT_EVERY_S."""
        try:
            async with asyncio.timeout(COMMENT_EVERY_S), self._looked:
                await self._looked.wait_for(lambda: self._view is not None and self._view is not seen)
        except TimeoutError:
            return None
        return self._view

    async def _look_on(self) -> None:
        while True:
            began_at = time.monotonic()
            try:
                view = _with_those_not_told(await self._look(), self._view)
            except Stopped:
                return
            except Exception as surprise:  # noqa: BLE001  # it is told, and a worker does not end by what is shown of it
                tell_surprise(surprise)
            else:
                self._rest_s = max(VIEW_EVERY_S, VIEW_REST * (time.monotonic() - began_at))
                async with self._looked:
                    self._view = view
                    self._looked.notify_all()
            await asyncio.sleep(self._rest_s)


def _with_those_not_told(view: View, before: View | None) -> View:
    """A merchant whose worker does not answer is not gone: what was told last of it stays."""
    if view.complete or before is None:
        return view
    merchants = {**before.merchants, **view.merchants}
    return View(fleet=view.fleet, merchants=merchants, alerts=view.alerts, complete=False)


def _events(seen: View | None, view: View) -> Iterator[bytes]:
    if seen is None or seen.fleet != view.fleet:
        yield _event(b"fleet", view.fleet)
    known = {} if seen is None else seen.merchants
    changed = [line for key, line in view.merchants.items() if known.get(key) != line]
    gone = [orjson.loads(key + b"}")["merchant_id"] for key in known if key not in view.merchants]
    if seen is None or changed or gone:
        told = orjson.dumps({"whole": seen is None, "gone": gone})[:-1]
        yield _event(b"merchants", told + b',"merchants":[' + b",".join(changed) + b"]}")
    if seen is None or seen.alerts != view.alerts:
        yield _event(b"alerts", view.alerts)


def _event(name: bytes, told: bytes) -> bytes:
    return b"event: " + name + b"\ndata: " + told + b"\n\n"
