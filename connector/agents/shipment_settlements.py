"""What became of the calls for shipments, and of what time or the press did: rows, events, results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from connector.agents import manifests
from connector.agents.journal import outcome_of
from connector.agents.manifest_press import OPERATION as MANIFEST
from connector.agents.shipment_watch import RETENTION, ShipmentWatch
from connector.agents.shipments import Edit, Shipments
from connector.domain.carrying import Labels, StepValue
from connector.domain.documents import StoredDocument
from connector.domain.outcomes import Answer
from connector.domain.settling import needs_settling
from connector.domain.shipment import Shipment
from connector.domain.shipping_options import ShippingOptions
from connector.domain.steps import Step, StepKind
from connector.tables.shipments import shipment_key

_read_step = msgspec.json.Decoder(Step).decode
_ANSWERS: Mapping[StepKind, msgspec.json.Decoder[Any]] = {
    StepKind.READ: msgspec.json.Decoder(Shipment),
    StepKind.SHIPPING_OPTIONS: msgspec.json.Decoder(ShippingOptions),
    StepKind.GENERATE_INVOICE: msgspec.json.Decoder(StoredDocument),
    StepKind.RETRIEVE_INVOICE: msgspec.json.Decoder(StoredDocument),
    StepKind.GENERATE_LABELS: msgspec.json.Decoder(Labels),
    StepKind.REGENERATE_LABELS: msgspec.json.Decoder(Labels),
}
_read_document = msgspec.json.Decoder(StoredDocument).decode


class ShipmentSettlements:
    def __init__(self, shipments: Shipments, watch: ShipmentWatch, now_ms: Callable[[], int]) -> None:
        self._shipments = shipments
        self._watch = watch
        self._now_ms = now_ms

    async def apply(self, partition: int, api_calls: Sequence[Mapping[str, Any]]) -> None:
        """Records that are none of a shipment's are left alone."""
        ours = [call for call in api_calls if call["step"] is not None or call["operation"] in (MANIFEST, RETENTION)]
        if not ours:
            return
        async with self._shipments.editing(partition) as edit:
            for call in ours:
                if call["operation"] == MANIFEST:
                    manifests.settle(edit, call["merchant_id"], call["target"], _manifest(call), self._now_ms())
                elif call["operation"] == RETENTION:
                    self._forget(edit, call)
                else:
                    _settle(edit, call)

    def _forget(self, edit: Edit, call: Mapping[str, Any]) -> None:
        key = shipment_key(call["merchant_id"], call["target"])
        row = edit.row(key)
        if row is not None and self._watch.is_forgettable(row):
            edit.put(key, None)


def _settle(edit: Edit, call: Mapping[str, Any]) -> None:
    step = _read_step(call["step"])
    decoder = _ANSWERS.get(step.kind)
    value: StepValue = decoder.decode(call["answer"]) if decoder is not None and call["answer"] is not None else None
    outcome = outcome_of(call["outcome"], _answer(call), value, sent=call["sent"])
    if needs_settling(step, outcome):
        edit.settle(step, outcome, sent_at_ms=call["started_at"])


def _manifest(call: Mapping[str, Any]) -> Any:
    value = _read_document(call["answer"]) if call["answer"] is not None else None
    return outcome_of(call["outcome"], _answer(call), value)


def _answer(call: Mapping[str, Any]) -> Answer:
    return Answer(
        http_status=call["http_status"], code=call["code"], message=call["message"], request_id=call["request_id"]
    )
