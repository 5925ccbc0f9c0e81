"""Lanes that are due together start one after another, and so stay apart: of those waiting, half in each pass of the
event loop.

Calls written in one pass leave together at its end (uvloop). A lane's next calls follow its last ones by a second, so
lanes that left together once would be due together for ever, each round later than the one before.
"""

import asyncio
from collections import deque


class Starts:
    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_passing = False

    async def take(self) -> bool:
        """Returns at once, with False, where nobody else started in this pass; else True, some passes later."""
        loop = asyncio.get_running_loop()
        if not self._is_passing:
            self._is_passing = True
            loop.call_soon(self._pass)
            return False
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn
        return True

    def _pass(self) -> None:
        for _ in range((len(self._waiting) + 1) // 2):
            turn = self._waiting.popleft()
            if not turn.done():  # its lane was cancelled meanwhile
                turn.set_result(None)
        self._is_passing = bool(self._waiting)
        if self._is_passing:
            asyncio.get_running_loop().call_soon(self._pass)
