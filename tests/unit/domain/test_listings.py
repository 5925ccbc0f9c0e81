"""Listings as records: what version 0.1 imported is read by what it looks like."""

from typing import Any

import pytest

from connector.domain.listings import EVERYWHERE, FORMAT, Listing, listing_record, looks_like_asin, read_listing


def previous(channel_serial_no: str, channel_sku_id: str) -> dict[str, Any]:
    """As version 0.1 wrote it: whatever stood in the columns, under their names."""
    names = {"channel_serial_no": channel_serial_no, "channel_sku_id": channel_sku_id}
    return {"merchant_id": "M1", "client_sku_id": "EAN", "marketplace": "IN", "format": 1, **names}


@pytest.mark.parametrize(
    ("record", "channel_sku", "asin"),
    [
        (previous("SKU-1", ""), "SKU-1", ""),
        (previous("SKU-1", "B0EXAMPLE1"), "SKU-1", "B0EXAMPLE1"),
        (previous("B0EXAMPLE1", "SKU-1"), "SKU-1", "B0EXAMPLE1"),
        (previous("", "SKU-1"), "SKU-1", ""),
        (previous("ANY", "THING"), "THING", "ANY"),
        (previous("B0EXAMPLE1", "B0EXAMPLE2"), "B0EXAMPLE2", "B0EXAMPLE1"),
        (previous("SKU-1", "B0EXAMPLE1") | {"format": FORMAT}, "B0EXAMPLE1", "SKU-1"),
    ],
)
def test_the_two_columns_that_version_0_1_took_for_each_other(
    record: dict[str, Any], channel_sku: str, asin: str
) -> None:
    listing = read_listing(record)
    assert (listing.client_sku, listing.channel_sku, listing.asin) == ("EAN", channel_sku, asin)
    again = listing_record(listing, 7)
    assert (again["channel_sku_id"], again["channel_serial_no"], again["format"]) == (channel_sku, asin, FORMAT)
    assert read_listing(again) == listing


@pytest.mark.parametrize("text", ["A21TJRUUN4KGV", "A1PA6795UKMFR9", "ATVPDKIKX0DER", "AMEN7PMS3EDWL"])
def test_a_marketplace_id_holds_there(text: str) -> None:
    assert Listing("M1", "EAN", "SKU", "", text).holds_in == text


@pytest.mark.parametrize("text", ["Amazon SF SmartConnect", "IN", "AMAZON", "amazon.in", "AMAZONFLEXIND"])
def test_any_other_text_holds_everywhere(text: str) -> None:
    assert Listing("M1", "EAN", "SKU", "", text).holds_in == EVERYWHERE


def test_what_looks_like_an_asin() -> None:
    assert looks_like_asin("B0EXAMPLE1")
    assert not any(
        looks_like_asin(text) for text in ("", "SKU-1", "B0EXAMPLE", "B0EXAMPLE12", "b0example1", "4006381333")
    )
