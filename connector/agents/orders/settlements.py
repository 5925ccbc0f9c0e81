"""What became of the calls for shipments: rows, events, results."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from connector.agents.incoming import Incoming, Received
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.domain.orders.settlement import needs_settling
from connector.domain.orders.stored.current import UnknownVersion, read_answer, read_step
from connector.domain.outcomes import ACCEPTED, Answer, outcome_named
from connector.kafka.avro.codec import BadRecord

T = TypeVar("T")


class ShipmentSettlements:
    def __init__(self, incoming: Incoming, shipments: ShipmentEdits) -> None:
        self._incoming = incoming
        self._shipments = shipments

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        """Records that are none of a shipment's are left alone."""
        ours = [each for each in api_calls if each.value["step"]]
        if not ours:
            return
        async with self._shipments.editing(partition, now_ms) as edit:
            for received in ours:
                try:
                    _settle(edit, received.value)
                except BadRecord as bad:
                    edit.publish([self._incoming.dead_letter(received.record, bad)])


def _settle(edit: ShipmentEdit, call: Mapping[str, Any]) -> None:
    step = _read(read_step, "step", call["step"])
    if step is None:
        return
    answer = Answer(
        http_status=call["http_status"], code=call["code"], message=call["message"], request_id=call["request_id"]
    )
    accepted = call["outcome"] == ACCEPTED
    value = _read(partial(read_answer, step.call), "answer", call["answer"]) if accepted else None
    outcome = outcome_named(call["outcome"], answer, value, sent=call["sent"])
    if needs_settling(step, outcome):
        edit.settle(step, outcome, sent_at_ms=call["started_at"])


def _read(decode: Callable[[str], T], field: str, text: str | None) -> T:
    try:
        return decode(text or "")
    except UnknownVersion as unknown:
        raise BadRecord("INVALID", f"{field}: {unknown}") from None
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", f"{field}: none of a shipment's") from None
