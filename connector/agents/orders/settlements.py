"""What became of the calls for shipments, and of what time or the printer did: rows, events, results."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from connector.agents.api_calls import outcome_of
from connector.agents.incoming import Incoming, Received
from connector.agents.orders import manifests
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.orders.expiry import RETENTION, ShipmentExpiry
from connector.agents.orders.manifest_printing import MANIFEST
from connector.domain.orders.settlement import needs_settling
from connector.domain.orders.stored.current import UnknownVersion, read_answer, read_step, read_stored_document
from connector.domain.outcomes import Answer, Outcome
from connector.kafka.avro.codec import BadRecord
from connector.tables.shipments import shipment_key

T = TypeVar("T")


class ShipmentSettlements:
    def __init__(
        self, incoming: Incoming, shipments: ShipmentEdits, expiry: ShipmentExpiry, now_ms: Callable[[], int]
    ) -> None:
        self._incoming = incoming
        self._shipments = shipments
        self._expiry = expiry
        self._now_ms = now_ms

    async def apply(self, partition: int, api_calls: Sequence[Received]) -> None:
        """Records that are none of a shipment's are left alone."""
        ours = [each for each in api_calls if each.value["step"] or each.value["operation"] in (MANIFEST, RETENTION)]
        if not ours:
            return
        async with self._shipments.editing(partition) as edit:
            for received in ours:
                try:
                    self._settle(edit, received.value)
                except BadRecord as bad:
                    edit.publish([self._incoming.dead_letter(received.record, bad)])

    def _settle(self, edit: ShipmentEdit, call: Mapping[str, Any]) -> None:
        if call["operation"] == MANIFEST:
            outcome = _outcome(call, read_stored_document)
            manifests.settle_manifest(edit, call["merchant_id"], call["target"], outcome, self._now_ms())
        elif call["operation"] == RETENTION:
            self._forget(edit, shipment_key(call["merchant_id"], call["target"]))
        else:
            step = _read(read_step, "step", call["step"])
            outcome = _outcome(call, partial(read_answer, step.call))
            if needs_settling(step, outcome):
                edit.settle(step, outcome, sent_at_ms=call["started_at"])

    def _forget(self, edit: ShipmentEdit, key: str) -> None:
        row = edit.row(key)
        if row is not None and self._expiry.is_forgettable(row):
            edit.put(key, None)


def _outcome(call: Mapping[str, Any], decode: Callable[[str], Any]) -> Outcome[Any]:
    answer = Answer(
        http_status=call["http_status"], code=call["code"], message=call["message"], request_id=call["request_id"]
    )
    value = _read(decode, "answer", call["answer"]) if call["outcome"] == "ACCEPTED" else None
    return outcome_of(call["outcome"], answer, value, sent=call["sent"])


def _read(decode: Callable[[str], T], field: str, text: str | None) -> T:
    try:
        return decode(text or "")
    except UnknownVersion as unknown:
        raise BadRecord("INVALID", f"{field}: {unknown}") from None
    except msgspec.MsgspecError:
        raise BadRecord("INVALID", f"{field}: none of a shipment's") from None
