"""A command that is run to its end, within a time and a size."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType

from connector.child_commands import PROGRAM

MOST_WRITTEN_BYTES = 1_000_000
NICENESS = 10
"""The worker's own work goes first."""
_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """`code`: the exit code; None: its time was over, or it wrote too much (`is_too_long`), and it was killed."""

    code: int | None
    out: bytes = b""
    err: bytes = b""
    is_too_long: bool = False

    @property
    def last_line(self) -> str:
        """Of what it said on standard error: its word on what went wrong."""
        lines = self.err.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


async def run_command(
    arguments: Sequence[str],
    within_s: float | None,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    most_bytes: int = MOST_WRITTEN_BYTES,
    program: Sequence[str] = PROGRAM,
) -> Ended:
    """`connector ARGUMENTS` with this process's own environment and working directory, hence its settings, and
    `variables` besides. `within_s` None: however long it takes. `most_bytes`: of each of its two outputs. It does not
    outlive the call."""
    async with _running([*program, *arguments], variables) as process:
        too_long = asyncio.Event()

        def give_up() -> None:
            if not too_long.is_set():
                too_long.set()
                _kill(process)

        try:
            async with asyncio.timeout(within_s):
                out, err = await asyncio.gather(
                    _read(process.stdout, most_bytes, give_up), _read(process.stderr, most_bytes, give_up)
                )
                code = await process.wait()
        except TimeoutError:
            return Ended(None)
    return Ended(None, is_too_long=True) if too_long.is_set() else Ended(code, out, err)


@asynccontextmanager
async def _running(command: Sequence[str], variables: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    with suppress(OSError):  # it is gone already, or this process is nicer
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    try:
        yield process
    finally:
        if process.returncode is None:
            _kill(process)
            # asyncio does not call it ended while there is something to read of it
            await asyncio.gather(_read(process.stdout, 0), _read(process.stderr, 0))
            await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _read(
    stream: asyncio.StreamReader | None, most_bytes: int, give_up: Callable[[], None] = lambda: None
) -> bytes:
    """To its end, but no more is kept than `most_bytes`."""
    written = bytearray()
    while stream is not None and (part := await stream.read(_AT_ONCE)):
        written += part[: most_bytes - len(written) + 1]
        if len(written) > most_bytes:
            give_up()
    return bytes(written)
