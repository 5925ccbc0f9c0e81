"""`connector replay`: which records a filter takes."""

import pytest

from connector.cli.records.record_filter import RecordFilter
from connector.kafka.avro.codec import BadRecord

ORDER = {
    "merchant_id": "M1",
    "shipment_id": "S1",
    "snapshot": {"line_items": [{"merchant_sku": "A", "quantity": 1}]},
    "title": "B",
}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (RecordFilter("", "", ""), True),
        (RecordFilter("M1", "", ""), True),
        (RecordFilter("M2", "", ""), False),
        (RecordFilter("M1", "A", "S1"), True),
        (RecordFilter("", "B", ""), False),  # not a SKU's field
        (RecordFilter("", "A", "S2"), False),
    ],
)
def test_a_filter_looks_for_skus_and_shipments_wherever_they_stand(wanted: RecordFilter, taken: bool) -> None:
    assert wanted.takes(b"M1", ORDER) is taken


def test_what_cannot_be_decoded_is_taken_by_its_key_alone() -> None:
    bad = BadRecord("UNDECODABLE", "cut off")
    assert RecordFilter("M1", "", "").takes(b"M1", bad)
    assert not RecordFilter("M1", "A", "").takes(b"M1", bad)
    assert RecordFilter("", "", "S9").takes(b"M1", {"shipment_ids": ["S8", "S9"]})
