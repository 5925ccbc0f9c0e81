"""Pages that take long to write, with thousands of merchants: written in a thread, while the event loop goes on.

What is read meanwhile is changed by the loop: so whoever is asked gives copies that are made in one step.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

REST_EVERY_S = 0.002
REST_S = 0.0005
FASTEST, GZIP = 1, zlib.MAX_WBITS | 16  # of zlib

WrittenPage: TypeAlias = tuple[bytes, ...]
"""In pieces, so that it is sent by and by."""


class Stopped(Exception):
    """The port was closed before the page was written."""


class Pages:
    """Writes one page at a time; close it at the end, whether or not one is being written."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="web")
        self._being_written: dict[tuple[str, bool], asyncio.Future[WrittenPage]] = {}
        self._closed = False

    async def page(self, name: str, pieces: Callable[[], Iterator[bytes]], *, packed: bool) -> WrittenPage:
        """Whoever asks while it is being written gets the same one. `packed`: by gzip. Raises Stopped."""
        under_way = self._being_written.get((name, packed))
        if under_way is None:
            loop = asyncio.get_running_loop()
            under_way = loop.run_in_executor(self._thread, lambda: tuple(self._written(pieces(), packed)))
            self._being_written[name, packed] = under_way
            under_way.add_done_callback(lambda written: self._end(name, packed, written))
        return await asyncio.shield(under_way)  # one who gives up does not take it from the others

    def _end(self, name: str, packed: bool, written: asyncio.Future[WrittenPage]) -> None:
        self._being_written.pop((name, packed), None)
        if not written.cancelled():
            written.exception()  # those who wait hear of it; there may be none left

    def close(self) -> None:
        self._closed = True
        for under_way in self._being_written.values():
            under_way.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _written(self, pieces: Iterator[bytes], packed: bool) -> Iterator[bytes]:
        packer = zlib.compressobj(FASTEST, wbits=GZIP) if packed else None
        rested_at = time.monotonic()
        for piece in pieces:
            if self._closed:
                raise Stopped
            if time.monotonic() - rested_at > REST_EVERY_S:
                time.sleep(REST_S)  # else the loop would wait 5 ms for the interpreter at each turn
                rested_at = time.monotonic()
            if written := piece if packer is None else packer.compress(piece):
                yield written
        if packer is not None:
            yield packer.flush()
