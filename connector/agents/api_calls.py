"""connector.api-calls: one record per finished call. It is the audit log, and what settlements are made of."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connector.agents.outbox import Outbox
from connector.domain.outcomes import Outcome, Throttled, outcome_name
from connector.kafka.producer import OutRecord
from connector.kafka.topics import API_CALLS
from connector.lanes.under_way import UnderWay
from connector.smartconnect.caller import CallReport
from connector.smartconnect.http import departing
from connector.telemetry import Telemetry

TOGETHER_S = 0.5
"""How much later than its call's answer a record that may wait is sent, at most."""

MOST_TOGETHER = 200  # whoever waits for one of them goes on in the same pass of the event loop


class Started:
    """`at_ms`: when the call left, in epoch milliseconds; before it leaves, the time at which it was begun."""

    def __init__(self, under_way: UnderWay, now_ms: Callable[[], int]) -> None:
        self.at_ms = now_ms()
        self.may_leave = under_way.may_leave
        self._tell_lane = under_way.left
        self._now_ms = now_ms

    def left(self, sent_at: float) -> None:
        self.at_ms = self._now_ms()
        self._tell_lane(sent_at)


@dataclass(frozen=True, slots=True)
class CallMade:
    """`made_for`: the updates or commands that it was made for. `started_at_ms`: epoch milliseconds."""

    merchant_id: str
    operation: str
    report: CallReport[Any]
    attempt: int
    started_at_ms: int
    made_for: Sequence[str]


class ApiCalls:
    """`new_id`: a fresh id per call. `worker`: the name of this process. `now_ms`: epoch milliseconds. `on_made` hears
    of each call for an update or a command; None: nobody listens."""

    def __init__(
        self,
        outbox: Outbox,
        telemetry: Telemetry,
        *,
        worker: str,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
        on_made: Callable[[CallMade], None] | None = None,
    ) -> None:
        self.now_ms = now_ms
        self._outbox = outbox
        self._telemetry = telemetry
        self._worker = worker
        self._new_id = new_id
        self._on_made = on_made
        self._together = _Together(outbox)

    def start(self, under_way: UnderWay) -> Started:
        """Hears from the socket when the one call made next in this context leaves, and tells the lane.

        Each of a lane's calls runs in a task, and so in a context, of its own.
        """
        started = Started(under_way, self.now_ms)
        departing.set(started)
        return started

    def count(self, merchant_id: str, operation: str, report: CallReport[Any]) -> None:
        """All that becomes of a call whose answer is not to be kept."""
        latency_s = None if report.sent_at is None else report.latency_s
        self._telemetry.count_call(merchant_id, operation, outcome_name(report.outcome), latency_s)

    async def record(
        self,
        partition: int,
        merchant_id: str,
        operation: str,
        report: CallReport[Any],
        attempt: int,
        *,
        made_for: Sequence[str] = (),
        may_wait: bool = False,
        **details: Any,
    ) -> None:
        """Returns when the record is durable. `made_for`: updates or commands. `may_wait`: nothing is held up where it
        is sent TOGETHER_S later, or MOST_TOGETHER calls later if those are over before. `details`: further
        fields of ApiCall."""
        self.count(merchant_id, operation, report)
        if self._on_made is not None and made_for:
            self._on_made(CallMade(merchant_id, operation, report, attempt, details["started_at"], made_for))
        outcome, answer = outcome_name(report.outcome), report.outcome.answer
        record = {
            "call_id": self._new_id(),
            "merchant_id": merchant_id,
            "operation": operation,
            "outcome": outcome,
            "http_status": answer.http_status,
            "code": answer.code,
            "message": answer.message,
            "error_text": answer.error_text,
            "request_id": answer.request_id,
            "sent": report.sent_at is not None,
            "attempt": attempt,
            "latency_ms": round(report.latency_s * 1000),
            "retry_after_ms": _retry_after_ms(report.outcome),
            "rate_limit_per_s": report.rate_limit,
            "worker": self._worker,
            **details,
        }
        encoded = self._outbox.record(API_CALLS, partition, merchant_id, record)
        await (self._together.send(encoded) if may_wait else self._outbox.send_unleased([encoded]))

    def hurry(self) -> None:
        """What waits to be sent together goes at once."""
        self._together.hurry()


class _Together:
    """Records that are sent together. Of few calls each would else have a request to Kafka, a fetch, a settlement and a
    transaction of its own, which take more than the call."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._records: list[OutRecord] = []
        self._are_due = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None  # what the next record goes with

    async def send(self, record: OutRecord) -> None:
        """Returns when it is durable. Raises what the outbox raises, to all whose records were sent together."""
        if self._sending is None:
            self._records, self._are_due = [], asyncio.Event()
            self._sending = asyncio.create_task(self._send(self._records, self._are_due))
        sending = self._sending
        self._records.append(record)
        if len(self._records) == MOST_TOGETHER:
            self.hurry()
        await asyncio.shield(sending)  # a call that is abandoned leaves it to the others

    def hurry(self) -> None:
        self._are_due.set()
        self._sending = None

    async def _send(self, records: Sequence[OutRecord], are_due: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER_S):
                await are_due.wait()
        if records is self._records:
            self._sending = None
        await self._outbox.send_unleased(records)


def _retry_after_ms(outcome: Outcome[Any]) -> int | None:
    if isinstance(outcome, Throttled) and outcome.retry_after_s is not None:
        return round(outcome.retry_after_s * 1000)
    return None
