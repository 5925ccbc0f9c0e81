"""SKUs whose packages are not as large or heavy as Amazon recommends, which makes their listings inactive."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connector.domain.orders.checks.measures import fitting, measure_differences
from connector.domain.orders.facts.shipment import Shipment


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSku:
    """Of `packages` with this SKU alone, `differing` are not as Amazon recommends. Of the last of these: its shipment,
    when Amazon changed that, and how it differs."""

    sku: str
    packages: int = 0
    differing: int = 0
    shipment_id: str = ""
    at_ms: int = 0
    differences: tuple[str, ...] = ()


def measured_skus(shipments: Iterable[Shipment]) -> dict[str, MeasuredSku]:
    """By SKU, those of which there is a package to compare. Of packages that hold several SKUs nobody can tell whose
    listing is wrong."""
    found: dict[str, MeasuredSku] = {}
    for shipment in shipments:
        skus_of = {line.line_item_id: line.sku for line in shipment.line_items}
        for package in shipment.live_packages:
            skus = {skus_of.get(item.line_item_id, "") for item in package.items}
            recommended = fitting(package, shipment)
            if recommended is None or len(skus) != 1:
                continue
            (sku,) = skus
            known, differs = found.get(sku) or MeasuredSku(sku=sku), tuple(measure_differences(package, recommended))
            known = replace(known, packages=known.packages + 1, differing=known.differing + bool(differs))
            if differs and shipment.last_updated_at_ms >= known.at_ms:
                at_ms = shipment.last_updated_at_ms
                known = replace(known, shipment_id=shipment.shipment_id, at_ms=at_ms, differences=differs)
            found[sku] = known
    return found
