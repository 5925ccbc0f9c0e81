"""A command that is run to its end, within a time and a size."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from connector.child_commands import command_line

MOST_OUTPUT_BYTES = 1_000_000
"""Of each of the two outputs; what comes after is not kept."""
_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """`code`: the exit code; None: its time was over, and it was killed."""

    code: int | None
    out: bytes
    err: bytes

    @property
    def last_line(self) -> str:
        """Of what it said on standard error: its word on what went wrong."""
        lines = self.err.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


async def run_command(arguments: Sequence[str], within_s: float) -> Ended:
    """With this process's own environment and working directory, hence its settings. It does not outlive the call."""
    process = await asyncio.create_subprocess_exec(
        *command_line(*arguments),
        env=dict(os.environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within_s):
            out, err, code = await asyncio.gather(_kept(process.stdout), _kept(process.stderr), process.wait())
        return Ended(code, out, err)
    except TimeoutError:
        return Ended(None, b"", b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _kept(stream: asyncio.StreamReader | None) -> bytes:
    """All of it is read, or the command would wait."""
    kept = bytearray()
    while stream is not None and (part := await stream.read(_AT_ONCE)):
        kept += part[: MOST_OUTPUT_BYTES - len(kept)]
    return bytes(kept)
