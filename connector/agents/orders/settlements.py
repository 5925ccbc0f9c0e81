"""What became of the calls for shipments: rows, events, results."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from connector.agents.incoming import Incoming, Received
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.polling.intervals import PollIntervals
from connector.domain.orders.effects import Labels
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.settlement import needs_settling
from connector.domain.orders.steps import GetShipmentCall, Step
from connector.domain.orders.stored.current import UnknownVersion, read_answer, read_step
from connector.domain.outcomes import ACCEPTED, Answer, outcome_named
from connector.domain.unread import UnreadFact
from connector.kafka.avro.codec import BadRecord
from connector.tables.shipments import shipment_key

SECOND_MS = 1000

T = TypeVar("T")


class ShipmentSettlements:
    """`intervals` hear what readings showed."""

    def __init__(self, incoming: Incoming, shipments: ShipmentEdits, intervals: PollIntervals) -> None:
        self._incoming = incoming
        self._shipments = shipments
        self._intervals = intervals

    async def apply(self, partition: int, api_calls: Sequence[Received], now_ms: int) -> None:
        """Records that are none of a shipment's are left alone."""
        ours = [each for each in api_calls if each.value["step"]]
        if not ours:
            return
        async with self._shipments.editing(partition, now_ms) as edit:
            for received in ours:
                try:
                    if unread := self._settle(edit, received.value):
                        edit.publish([self._incoming.unread_letter(received.record, unread)])
                except BadRecord as bad:
                    edit.publish([self._incoming.dead_letter(received.record, bad)])

    def _settle(self, edit: ShipmentEdit, call: Mapping[str, Any]) -> Mapping[str, Sequence[UnreadFact]]:
        """What of the answer could not be read, by whose it is."""
        step = _read(read_step, "step", call["step"])
        if step is None:
            return {}
        answer = Answer(
            http_status=call["http_status"],
            code=call["code"],
            message=call["message"],
            request_id=call["request_id"],
            error_text=call["error_text"],
        )
        accepted = call["outcome"] == ACCEPTED
        value = _read(partial(read_answer, step.call), "answer", call["answer"]) if accepted else None
        outcome = outcome_named(call["outcome"], answer, value, sent=call["sent"])
        if not needs_settling(step, outcome):
            return {}
        key = shipment_key(step.merchant_id, step.shipment_id)
        before = edit.row(key)
        unread = edit.settle(step, outcome, sent_at_ms=_sent_at_ms(step, call))
        if isinstance(step.call, GetShipmentCall) and (after := edit.row(key)) is not None:
            self._intervals.heed_reading(before, after)
        if isinstance(value, ShippingOptions | Labels):
            unread = value.unread
        return {f"shipment {step.shipment_id}": unread} if unread else {}


def _sent_at_ms(step: Step, call: Mapping[str, Any]) -> int:
    """Of a reading by our clock, as our own acts are dated. Of an act by Amazon's, as the facts are that it is compared
    with: told to the second, so the end of that second, or a copy from just before the act would pass for a newer one.
    """
    if isinstance(step.call, GetShipmentCall) or call["answered_at"] is None:
        return int(call["started_at"])
    return int(call["answered_at"]) + SECOND_MS - 1


def _read(decode: Callable[[str], T], field: str, text: str | None) -> T:
    try:
        return decode(text or "")
    except UnknownVersion as unknown:
        raise BadRecord("INVALID", f"{field}: {unknown}") from None
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", f"{field}: none of a shipment's") from None
