"""Commands of `connector` that a worker runs for who asks it: processes of their own, bounded in number, time and
output. So what reads long, or fails, costs the worker nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from connector.child_commands import PROGRAM
from connector.child_commands.bounded import run_command
from connector.settings.variables import ASKED_ADDRESS, ASKED_WORKER
from connector.web.api.problems import Problem, busy

COMMAND_WITHIN_S = 50.0
"""Below what a connection may last."""
MOST_COMMANDS = 4
MOST_WAITING = 16
"""For one of the places above."""
MOST_OUTPUT_BYTES = 32 * 1024 * 1024
_MISUSED = 2


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """`output`: JSON; empty where it has none."""

    code: int
    output: bytes
    remarks: tuple[str, ...]


class Commands:
    """`program`: what is run, `connector` as it runs here. `worker`: in whose name."""

    def __init__(self, worker: str, program: Sequence[str] = PROGRAM) -> None:
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
        ended = await run_command(
            arguments,
            None,
            variables={ASKED_WORKER: self._worker, ASKED_ADDRESS: address},
            most_bytes=MOST_OUTPUT_BYTES,
            program=self._program,
        )
        if ended.is_too_long or ended.code is None:
            raise Problem(
                507,
                "It is too much",
                f"the command says more than {MOST_OUTPUT_BYTES // 1024} kB",
                remedy="ask for less, or run it on the command line",
            )
        lines = ended.err.decode(errors="replace").splitlines()
        return CommandEnd(ended.code, ended.out.strip(), tuple(line for line in lines if line.strip()))


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
