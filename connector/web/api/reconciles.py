"""Reconciles that this worker runs for who asked it, and those that it ran: kept in memory, for they change nothing by
themselves, and what a repair asked of the workers is in the audit."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from connector.agents.merchants.reconciles.nights import RECONCILED_WITHIN_S
from connector.web.api.bodies import StartReconcile
from connector.web.api.commands import Commands, output_of
from connector.web.api.problems import Problem, busy
from connector.web.api.verbs import reconcile_command

NowMs = Callable[[], int]
"""Epoch milliseconds."""

MOST_RUNNING = 2
MOST_KEPT = 50


class ReconcileState(StrEnum):
    """DONE: there is a report. FAILED: there is none, and `message` says why."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(slots=True)
class ReconcileRun:
    """`report`: the command's JSON. Times in epoch milliseconds."""

    reconcile_id: str
    asked: StartReconcile
    started_ms: int
    ended_ms: int | None = None
    state: ReconcileState = ReconcileState.RUNNING
    message: str = ""
    remarks: tuple[str, ...] = ()
    report: bytes = b"null"

    def told(self, worker: str) -> dict[str, Any]:
        """Without its report."""
        return {
            "reconcile_id": self.reconcile_id,
            **self.asked.model_dump(),
            "state": self.state,
            "message": self.message,
            "remarks": self.remarks,
            "started_at": _iso(self.started_ms),
            "ended_at": None if self.ended_ms is None else _iso(self.ended_ms),
            "worker": worker,
        }


class Reconciles:
    """Close it at the end: those that run are ended."""

    def __init__(self, worker: str, commands: Commands, now_ms: NowMs) -> None:
        self._worker = worker
        self._commands = commands
        self._now_ms = now_ms
        self._runs: dict[str, ReconcileRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, asked: StartReconcile, address: str) -> str:
        """Gives its id. Raises Problem where enough of them run."""
        if len(self._tasks) >= MOST_RUNNING:
            raise busy(f"{MOST_RUNNING} reconciles run on this worker already")
        run = ReconcileRun(uuid.uuid4().hex, asked, self._now_ms())
        self._runs[run.reconcile_id] = run
        for old in [one for one in self._runs.values() if one.ended_ms is not None][:-MOST_KEPT]:
            del self._runs[old.reconcile_id]
        task = asyncio.create_task(self._run(run, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run.reconcile_id

    def lines(self) -> Iterator[bytes]:
        """The newest first."""
        for run in reversed(self._runs.values()):
            yield orjson.dumps(run.told(self._worker))

    def whole(self, reconcile_id: str) -> Iterator[bytes]:
        """That one, with its report; nothing where this worker does not know it."""
        run = self._runs.get(reconcile_id)
        if run is not None:
            yield orjson.dumps(run.told(self._worker))[:-1] + b',"report":' + run.report + b"}"

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, run: ReconcileRun, address: str) -> None:
        try:
            async with asyncio.timeout(RECONCILED_WITHIN_S):
                end = await self._commands.run_long(reconcile_command(run.asked), address)
            run.report, run.remarks, run.state = _in_a_line(output_of(end)), end.remarks, ReconcileState.DONE
        except Problem as problem:
            run.message, run.state = str(problem), ReconcileState.FAILED
        except TimeoutError:
            run.message, run.state = (
                f"it was not done within {RECONCILED_WITHIN_S / 3600:g} hours",
                ReconcileState.FAILED,
            )
        run.ended_ms = self._now_ms()


def _in_a_line(report: bytes) -> bytes:
    """Workers put their parts together by lines."""
    return orjson.dumps(orjson.loads(report))


def _iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
