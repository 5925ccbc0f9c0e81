"""Commands of `connector` that a worker runs for who asks it: processes of their own, bounded in number, time and
output. So what reads long, or fails, costs the worker nothing."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import orjson

from connector.settings.variables import ASKED_ADDRESS, ASKED_WORKER
from connector.web.api.problems import Problem, busy

COMMAND_WITHIN_S = 50.0
"""Below what a connection may last."""
MOST_COMMANDS = 4
MOST_WAITING = 16
"""For one of the places above."""
MOST_OUTPUT = 32 * 1024 * 1024
"""Bytes."""
MOST_REMARKS = 64 * 1024
"""Bytes of what it says beside, on stderr."""
NICENESS = 10
"""The worker's own work goes first."""
_MISUSED = 2


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """`output`: JSON; empty where it has none."""

    code: int
    output: bytes
    remarks: tuple[str, ...]


class Commands:
    """`program`: what is run, `connector` as it runs here. `worker`: in whose name."""

    def __init__(self, worker: str, program: Sequence[str] = (sys.executable, "-m", "connector")) -> None:
        self._worker = worker
        self._program = tuple(program)
        self._places = asyncio.Semaphore(MOST_COMMANDS)
        self._waiting = 0

    async def run(self, arguments: Sequence[str], address: str) -> CommandEnd:
        """`address`: who asks for it. Raises Problem where it found no place, or was not done in time."""
        if self._waiting >= MOST_WAITING:
            raise busy(f"{MOST_WAITING} others wait for a command already")
        try:
            async with asyncio.timeout(COMMAND_WITHIN_S):
                self._waiting += 1
                try:
                    await self._places.acquire()
                finally:
                    self._waiting -= 1
                try:
                    return await self.run_long(arguments, address)
                finally:
                    self._places.release()
        except TimeoutError:
            raise Problem(
                504,
                "It took too long",
                f"`connector {arguments[0]}` was not done within {COMMAND_WITHIN_S:g} s, and is ended",
                remedy="ask for less, or run it on the command line; what it had begun is in the audit",
            ) from None

    async def run_long(self, arguments: Sequence[str], address: str) -> CommandEnd:
        """Without a place, for as long as it takes. Cancelled, it ends the process. Raises Problem."""
        async with self._process(arguments, address) as process:
            output, remarks = await asyncio.gather(
                _read(process.stdout, MOST_OUTPUT), _read(process.stderr, MOST_REMARKS)
            )
            code = await process.wait()
        lines = remarks.decode(errors="replace").splitlines()
        return CommandEnd(code, output.strip(), tuple(line for line in lines if line.strip()))

    @asynccontextmanager
    async def _process(self, arguments: Sequence[str], address: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *self._program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, ASKED_WORKER: self._worker, ASKED_ADDRESS: address},
            start_new_session=True,
        )
        with suppress(OSError):  # it is gone already, or this process is nicer
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


async def _read(stream: asyncio.StreamReader | None, most: int) -> bytes:
    """To its end. Raises Problem."""
    pieces, size = list[bytes](), 0
    while stream is not None and (piece := await stream.read(65_536)):
        size += len(piece)
        if size > most:
            raise Problem(
                507,
                "It is too much",
                f"the command says more than {most // 1024} kB",
                remedy="ask for less, or run it on the command line",
            )
        pieces.append(piece)
    return b"".join(pieces)


def output_of(end: CommandEnd) -> bytes:
    """What it says, whole JSON. Raises Problem where it says nothing."""
    if end.output:
        return end.output
    told = "\n".join(end.remarks) or f"it ended with code {end.code}"
    if end.code == _MISUSED:
        raise Problem(422, "It can't be done so", told, remedy="correct what is named, and ask again")
    raise Problem(502, "The command failed", told, remedy="mend what is named; nothing is known to be done")


def change_of(end: CommandEnd) -> bytes:
    """What a change came to. Raises Problem where it did not begin."""
    result = output_of(end)
    told = orjson.dumps({"done": end.code == 0, "remarks": end.remarks})
    return told[:-1] + b',"result":' + result + b"}"
