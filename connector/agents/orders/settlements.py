"""What became of the calls for shipments: rows, events, results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from connector.agents.incoming import Incoming, Received
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.domain.orders.effects import Labels, StepValue
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.settlement import needs_settling
from connector.domain.orders.steps import Step, StepKind
from connector.domain.outcomes import Answer, outcome_named
from connector.kafka.avro.codec import BadRecord

T = TypeVar("T")

_read_step = msgspec.json.Decoder(Step).decode
_ANSWERS: Mapping[StepKind, Callable[[str], StepValue]] = {
    StepKind.READ: msgspec.json.Decoder(Shipment).decode,
    StepKind.SHIPPING_OPTIONS: msgspec.json.Decoder(ShippingOptions).decode,
    StepKind.GENERATE_INVOICE: msgspec.json.Decoder(StoredDocument).decode,
    StepKind.RETRIEVE_INVOICE: msgspec.json.Decoder(StoredDocument).decode,
    StepKind.GENERATE_LABELS: msgspec.json.Decoder(Labels).decode,
    StepKind.REGENERATE_LABELS: msgspec.json.Decoder(Labels).decode,
}


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
    step = _read(_read_step, "step", call["step"])
    answer = Answer(
        http_status=call["http_status"], code=call["code"], message=call["message"], request_id=call["request_id"]
    )
    decode = _ANSWERS.get(step.kind) if call["outcome"] == "ACCEPTED" else None
    value = _read(decode, "answer", call["answer"]) if decode is not None else None
    outcome = outcome_named(call["outcome"], answer, value, sent=call["sent"])
    if needs_settling(step, outcome):
        edit.settle(step, outcome, sent_at_ms=call["started_at"])


def _read(decode: Callable[[str], T], field: str, text: str | None) -> T:
    try:
        return decode(text or "")
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", f"{field}: none of a shipment's, or another version's") from None
