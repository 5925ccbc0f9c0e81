"""A manifest: what the carrier takes along, up to 100 labelled shipments of one location, for one sheet of paper."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.domain.orders.commands import CreateManifest, Fault, OrderCommand
from connector.domain.orders.facts.lifecycle import CLOSED, reached
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.results import Refuse
from connector.domain.orders.row import ShipmentRow

MAX_SHIPMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """One package. `tracking_id` is what a barcode shows; the package's id where Amazon named none."""

    shipment_id: str
    order_id: str
    package_id: str
    carrier_name: str
    tracking_id: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    merchant_id: str
    location_id: str
    command_id: str
    lines: tuple[ManifestLine, ...]


def manifest_of(
    command: OrderCommand, action: CreateManifest, rows: Mapping[str, ShipmentRow | None]
) -> Manifest | Refuse:
    """`action`: the command's. `rows`: of its merchant, by shipment id."""
    ids = action.shipment_ids
    if not ids:
        return Refuse((Fault("shipment_ids", f"is empty; name 1 to {MAX_SHIPMENTS} shipments"),))
    if len(ids) > MAX_SHIPMENTS:
        return Refuse((Fault("shipment_ids", f"has {len(ids)} shipments, {MAX_SHIPMENTS} are allowed; split it"),))
    known = [row for shipment_id in ids if (row := rows.get(shipment_id)) is not None]
    faults = tuple(_faults(command.merchant_id, ids, rows)) or tuple(_location_faults(known))
    if faults:
        return Refuse(faults)
    lines = tuple(line for row in known if row.facts for line in _lines(row, row.facts))
    location_id = next(row.facts.location_id for row in known if row.facts)
    return Manifest(
        merchant_id=command.merchant_id, location_id=location_id, command_id=command.command_id, lines=lines
    )


def _faults(merchant_id: str, ids: tuple[str, ...], rows: Mapping[str, ShipmentRow | None]) -> Iterator[Fault]:
    for index, shipment_id in enumerate(ids):
        field, row = f"shipment_ids[{index}]", rows.get(shipment_id)
        if shipment_id in ids[:index]:
            yield Fault(field, f"{shipment_id} is given twice; name each shipment once")
        elif row is None or row.facts is None:
            yield Fault(field, f"{shipment_id} is not known for merchant {merchant_id}; send Refresh for it first")
        elif row.merchant_id != merchant_id:
            yield Fault(field, f"{shipment_id} is not of merchant {merchant_id}; leave it out")
        elif row.facts.status in CLOSED - {Status.SHIPPED}:
            yield Fault(field, f"{shipment_id} is {row.facts.status}; leave it out")
        elif not reached(row.facts.status, Status.SHIPLABEL_GENERATED):
            yield Fault(field, f"{shipment_id} is {row.facts.status}; generate its labels first")


def _location_faults(rows: list[ShipmentRow]) -> Iterator[Fault]:
    locations = sorted({row.facts.location_id for row in rows if row.facts})
    if len(locations) > 1:
        yield Fault("shipment_ids", f"are of several locations ({', '.join(locations)}); make one manifest for each")


def _lines(row: ShipmentRow, facts: Shipment) -> Iterator[ManifestLine]:
    tracking = {one.package_id: one for one in row.tracking}
    for package in facts.packages:
        told = tracking.get(package.package_id)
        yield ManifestLine(
            shipment_id=facts.shipment_id,
            order_id=facts.order_id,
            package_id=package.package_id,
            carrier_name=told.carrier_name if told else "",
            tracking_id=told.tracking_id if told else package.package_id,
            units=sum(item.quantity for item in package.items),
        )
