"""What a worker tells of its own part: a head, and a line for each thing. Another worker puts the parts together by
lines, without reading them, so that 10,000 merchants cost it nothing but their bytes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

NEWLINE = b"\n"


@dataclass(frozen=True, slots=True)
class WorkerPart:
    """One worker's part of an answer. `lines`: JSON each."""

    head: Mapping[str, Any]
    lines: tuple[bytes, ...]

    @property
    def worker(self) -> str:
        return str(self.head["worker"])


def read_worker_part(body: bytes) -> WorkerPart:
    """Raises ValueError for what is none."""
    first, *lines = body.split(NEWLINE)
    head = orjson.loads(first)
    if not isinstance(head, dict) or not isinstance(head.get("worker"), str):
        raise ValueError("this is no worker's part")
    return WorkerPart(head, tuple(lines[:-1]))


class OwnStatus(Protocol):
    """WorkerStatus, of what it is asked for here."""

    def head(self) -> dict[str, Any]: ...
    def alerts(self) -> list[dict[str, Any]]: ...
    def home(self, merchant_id: str, /) -> int: ...
    def merchants(self, merchant_id: str = "", /) -> Iterator[dict[str, Any]]: ...


class OwnPart:
    """`lag`: records by topic and partition that are not dealt with. `version`: of what runs here."""

    def __init__(
        self, worker: str, status: OwnStatus, *, lag: Callable[[], Mapping[tuple[str, int], int]], version: str
    ) -> None:
        self.worker = worker
        self.status = status
        self._lag = lag
        self._version = version

    def fleet(self) -> Iterator[bytes]:
        return self._lines({**self.status.head(), "lag": sum(self._lag().values()), "version": self._version}, ())

    def merchants(self) -> Iterator[bytes]:
        rows = (merchant_row(merchant, self.worker) for merchant in self.status.merchants())
        return self._lines(self.status.head(), rows)

    def whole_merchants(self, merchant_id: str = "") -> Iterator[bytes]:
        """As at /status; those whose home is here, or that one of them."""
        told = (merchant | {"worker": self.worker} for merchant in self.status.merchants(merchant_id))
        return self._lines(self.status.head() | {"alerts": self.status.alerts()}, told)

    def alerts(self) -> Iterator[bytes]:
        """Those of no merchant are told by every worker."""
        return self._lines({}, ({**alert, "since": _iso(alert["since"])} for alert in self._alerts()))

    def of_lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """A part of what somebody else tells here."""
        yield orjson.dumps({"worker": self.worker}) + NEWLINE
        for line in lines:
            yield line + NEWLINE

    def _alerts(self) -> Iterator[Mapping[str, Any]]:
        yield from self.status.alerts()
        for merchant in self.status.merchants():
            yield from merchant["alerts"]

    def _lines(self, head: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
        yield orjson.dumps({"worker": self.worker, **head}) + NEWLINE
        for item in items:
            yield orjson.dumps(item) + NEWLINE


def _iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")


def merchant_row(merchant: Mapping[str, Any], worker: str) -> dict[str, Any]:
    """A merchant of /status in a line: how much of it there is, and of its lanes what is worst. `merchant_id` comes
    first, `mode` second: rows are told apart by what is before it."""
    lanes = merchant["lanes"].values()
    waits = [lane["oldest_waiting_s"] for lane in lanes if lane["oldest_waiting_s"] is not None]
    return {
        "merchant_id": merchant["merchant_id"],
        "mode": merchant["mode"],
        "paused": merchant["paused"],
        "paused_because": merchant["paused_because"],
        "paused_by": merchant["paused_by"],
        "paused_at": None if merchant["paused_at"] is None else _iso(merchant["paused_at"]),
        "suspended": merchant["suspended"],
        "suspended_because": merchant["suspended_because"],
        "backlog": sum(lane["backlog"] for lane in lanes),
        "oldest_waiting_s": max(waits, default=None),
        "limit_used": max((lane["limit_used"] for lane in lanes), default=0.0),
        "alerts": len(merchant["alerts"]),
        "late": sum(late["count"] for late in merchant["late"]),
        "at_risk": sum(risk["count"] for risk in merchant["at_risk"]),
        "zeroed_skus": sum(merchant["zeroed_skus"].values()),
        "worker": worker,
    }
