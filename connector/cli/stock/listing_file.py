"""The file of `connector listings import`: how the SKUs of the OMS are called at Amazon."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from connector.cli.stock.sheets import SheetRow, load_sheet
from connector.domain.listings import EVERYWHERE, Listing, looks_like_asin
from connector.errors import InputFileError

CLIENT_SKU, ASIN, CHANNEL_SKU, MARKETPLACE = "clientSkuId", "channelSerialNo", "channelSkuId", "Marketplace"
LISTING_COLUMNS = (CLIENT_SKU, ASIN, CHANNEL_SKU, MARKETPLACE)
_MAX_LENGTH = 255


def load_listings(path: Path, merchant_id: str) -> tuple[Listing, ...]:
    """The whole file or nothing: raises InputFileError with every fault by row and column."""
    sheet = load_sheet(path, LISTING_COLUMNS)
    faults = [*sheet.faults, *(fault for row in sheet.rows for fault in _faults(row))]
    whole = [row for row in sheet.rows if row.values.keys() == set(LISTING_COLUMNS)]
    found = [(row.number, _listing(merchant_id, row)) for row in whole]
    faults += [*_named_twice(found), *_fed_twice(found)]
    faults += [] if faults else _asins_for_skus([listing for _, listing in found])
    if faults:
        raise InputFileError(sheet.source, faults)
    return tuple(listing for _, listing in found)


def _listing(merchant_id: str, row: SheetRow) -> Listing:
    values = row.values
    return Listing(merchant_id, values[CLIENT_SKU], values[CHANNEL_SKU], values[ASIN], values[MARKETPLACE])


def _faults(row: SheetRow) -> Iterable[str]:
    for column, value in row.values.items():
        if not value and column != ASIN:
            yield f"row {row.number}, {column}: it is empty; give it"
        if len(value) > _MAX_LENGTH:
            yield f"row {row.number}, {column}: {len(value)} characters; {_MAX_LENGTH} at most"


def _named_twice(found: Iterable[tuple[int, Listing]]) -> Iterable[str]:
    """Inventory goes out by the OMS's SKU."""
    first: dict[tuple[str, str], int] = {}
    for number, listing in found:
        name = (listing.client_sku, listing.holds_in)
        if listing.client_sku and first.setdefault(name, number) != number:
            yield (
                f"row {number}, {CLIENT_SKU}: {listing.client_sku} of {listing.marketplace} is in row {first[name]} "
                f"too{_everywhere(listing)}; leave one of them"
            )


def _fed_twice(found: Iterable[tuple[int, Listing]]) -> Iterable[str]:
    """Two of the OMS's SKUs would each set the stock of one of Amazon's."""
    feeders: dict[str, list[tuple[int, Listing]]] = defaultdict(list)
    for number, listing in found:
        for other, feeder in feeders[listing.channel_sku] if listing.channel_sku else ():
            places = {feeder.holds_in, listing.holds_in}
            if feeder.client_sku != listing.client_sku and (len(places) == 1 or EVERYWHERE in places):
                yield (
                    f"row {number}, {CHANNEL_SKU}: {listing.channel_sku} of {listing.marketplace} is in row {other} "
                    f"too{_everywhere(listing)}; leave one of them"
                )
                break
        feeders[listing.channel_sku].append((number, listing))


def _everywhere(listing: Listing) -> str:
    text = f" ({listing.marketplace} is no marketplace id, so it holds for all of the merchant's)"
    return text if listing.holds_in == EVERYWHERE else ""


def _asins_for_skus(listings: Sequence[Listing]) -> list[str]:
    if not all(looks_like_asin(listing.channel_sku) for listing in listings):
        return []
    return [
        f"{CHANNEL_SKU}: it holds ASINs throughout ({listings[0].channel_sku}, ...); the merchant SKUs at Amazon "
        f"belong there, the ASINs into {ASIN}"
    ]
