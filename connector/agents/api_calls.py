"""connector.api-calls: one record per finished call. It is the audit log, and what settlements are made of."""

from collections.abc import Callable, Mapping
from typing import Any

from connector.domain.outcomes import (
    Accepted,
    Answer,
    Conflict,
    Outcome,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unknown,
)
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import API_CALLS
from connector.smartconnect.caller import CallReport
from connector.telemetry import Telemetry

_KINDS: Mapping[str, type[Any]] = {
    "ACCEPTED": Accepted,
    "THROTTLED": Throttled,
    "UNAVAILABLE": Unavailable,
    "CONFLICT": Conflict,
    "REFUSED": Refused,
    "UNAUTHORIZED": Unauthorized,
    "UNKNOWN": Unknown,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class ApiCalls:
    """`new_id`: a fresh id per call. `worker`: the name of this process."""

    def __init__(
        self,
        codec: AvroCodec,
        producer: Producer,
        telemetry: Telemetry,
        *,
        worker: str,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._codec = codec
        self._producer = producer
        self._telemetry = telemetry
        self._worker = worker
        self._now_ms = now_ms
        self._new_id = new_id

    async def record(
        self, partition: int, merchant_id: str, operation: str, report: CallReport[Any], attempt: int, **details: Any
    ) -> None:
        """Returns when the record is durable. `details`: further fields of ApiCall."""
        self._telemetry.calls.labels(merchant_id, operation, outcome_name(report.outcome)).inc()
        await self.note(partition, merchant_id, operation, report, attempt=attempt, **details)

    async def note(
        self, partition: int, merchant_id: str, operation: str, report: CallReport[Any], **details: Any
    ) -> None:
        """`record` for what no call was made for."""
        answer = report.outcome.answer
        latency_ms = round(report.latency_s * 1000)
        record = {
            "call_id": self._new_id(),
            "merchant_id": merchant_id,
            "operation": operation,
            "outcome": outcome_name(report.outcome),
            "http_status": answer.http_status,
            "code": answer.code,
            "message": answer.message,
            "request_id": answer.request_id,
            "sent": report.sent_at is not None,
            "latency_ms": latency_ms,
            "started_at": self._now_ms() - latency_ms,
            "worker": self._worker,
            **details,
        }
        value = self._codec.encode(API_CALLS.name, record)
        await self._producer.send_unleased([OutRecord(API_CALLS.name, partition, merchant_id.encode(), value)])


def outcome_name(outcome: Outcome[Any]) -> str:
    return _NAMES[type(outcome)]


def outcome_of(name: str, answer: Answer, value: Any, *, sent: bool = True) -> Outcome[Any]:
    """What `outcome_name` named; `value` is used where it was accepted."""
    kind = _KINDS[name]
    if kind is Accepted:
        return Accepted(answer, value)
    outcome: Outcome[Any] = kind(answer, sent) if kind in (Unavailable, Unauthorized) else kind(answer)
    return outcome
