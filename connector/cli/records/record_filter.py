"""Which records of a topic `connector replay` takes."""

from dataclasses import dataclass
from typing import Any

from connector.cli.shared.record_fields import has_field
from connector.kafka.avro.codec import BadRecord

_SKU_FIELDS = frozenset({"sku", "client_sku", "channel_sku", "merchant_sku", "client_sku_id", "channel_serial_no"})
_SHIPMENT_FIELDS = frozenset(
    {"shipment_id", "shipment_ids", "target", "original_shipment_id", "replacement_shipment_id"}
)


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What is empty chooses nothing."""

    merchant_id: str
    sku: str
    shipment_id: str

    @property
    def looks_inside(self) -> bool:
        """What can't be decoded is not chosen."""
        return bool(self.sku or self.shipment_id)

    def takes(self, key: bytes | None, value: dict[str, Any] | BadRecord) -> bool:
        """What can't be decoded has no SKU and no shipment."""
        if self.merchant_id and key != self.merchant_id.encode():
            return False
        if not self.looks_inside:
            return True
        return (not self.sku or has_field(value, _SKU_FIELDS, {self.sku})) and (
            not self.shipment_id or has_field(value, _SHIPMENT_FIELDS, {self.shipment_id})
        )
