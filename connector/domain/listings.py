"""How one SKU of the OMS is called at Amazon, in one marketplace.

Amazon's columns for it: clientSkuId is the OMS's SKU, channelSerialNo the ASIN, channelSkuId the merchant SKU.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 2
EVERYWHERE = ""

_ASIN = re.compile(r"B0[0-9A-Z]{8}")
_MARKETPLACE_ID = re.compile(r"A(?=.*[0-9])[0-9A-Z]{12,13}")


@dataclass(frozen=True, slots=True)
class Listing:
    """`client_sku`: the OMS's (an EAN, say). `channel_sku`: the merchant SKU at Amazon. `asin`: "" where unknown.

    `marketplace`: Amazon's id, or a text that is none.
    """

    merchant_id: str
    client_sku: str
    channel_sku: str
    asin: str
    marketplace: str

    @property
    def holds_in(self) -> str:
        """The marketplace id, or EVERYWHERE: a text such as "Amazon SF SmartConnect" names none."""
        return self.marketplace if _MARKETPLACE_ID.fullmatch(self.marketplace) else EVERYWHERE


def looks_like_asin(text: str) -> bool:
    return _ASIN.fullmatch(text) is not None


def read_listing(record: Mapping[str, Any]) -> Listing:
    """From connector.listings. Version 0.1 took the two columns of Amazon's for each other, and did not say so."""
    asin, channel_sku = record["channel_serial_no"], record["channel_sku_id"]
    if record["format"] < FORMAT and (not channel_sku or (looks_like_asin(channel_sku) and not looks_like_asin(asin))):
        asin, channel_sku = channel_sku, asin
    return Listing(record["merchant_id"], record["client_sku_id"], channel_sku, asin, record["marketplace"])


def listing_record(listing: Listing, imported_at_ms: int) -> dict[str, Any]:
    """In the shape of schemas/listing.avsc."""
    return {
        "merchant_id": listing.merchant_id,
        "client_sku_id": listing.client_sku,
        "channel_serial_no": listing.asin,
        "channel_sku_id": listing.channel_sku,
        "marketplace": listing.marketplace,
        "imported_at": imported_at_ms,
        "format": FORMAT,
    }


def listing_key(merchant_id: str, marketplace: str, client_sku: str) -> str:
    """Of its record. Neither a merchant's nor a marketplace's id contains a bar; a SKU may."""
    return f"{merchant_id}|{marketplace}|{client_sku}"
