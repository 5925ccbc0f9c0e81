"""Manifests: what a carrier takes along in one pickup, up to 100 labelled shipments of one location on each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.domain.orders.commands import CreateManifest, Fault, OrderCommand
from connector.domain.orders.facts.lifecycle import CLOSED, reached
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import LABEL_CANCELED, Shipment, Status
from connector.domain.orders.facts.shipping_options import TimeWindow
from connector.domain.orders.results import Refuse
from connector.domain.orders.row import ShipmentRow

MAX_SHIPMENTS = 100
MAX_ASKED = 5000
MAX_SHEETS = 1000  # of one command: its result names each


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """One package. `tracking_id` is what a barcode shows; the package's id where Amazon named none."""

    shipment_id: str
    order_id: str
    package_id: str
    carrier_name: str
    tracking_id: str
    units: int
    pickup: TimeWindow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    merchant_id: str
    location_id: str
    command_id: str
    lines: tuple[ManifestLine, ...]
    carrier_name: str = ""
    pickup: TimeWindow | None = None


def manifests_of(
    command: OrderCommand, action: CreateManifest, rows: Mapping[str, ShipmentRow | None]
) -> tuple[Manifest, ...] | Refuse:
    """One for each carrier and pickup slot, several where it would have more than 100 shipments.

    `action`: the command's. `rows`: of its merchant, by shipment id.
    """
    ids = action.shipment_ids
    if not ids:
        return Refuse((Fault("shipment_ids", "is empty; name at least one shipment"),))
    if len(ids) > MAX_ASKED:
        return Refuse((Fault("shipment_ids", f"has {len(ids)} shipments, {MAX_ASKED} are allowed; split it"),))
    known = [row for shipment_id in ids if (row := rows.get(shipment_id)) is not None]
    faults = tuple(_faults(command.merchant_id, ids, rows)) or tuple(_location_faults(known))
    if faults:
        return Refuse(faults)
    lines = [line for row in known if row.facts for line in _lines(row, row.facts)]
    location_id, parts = next(row.facts.location_id for row in known if row.facts), list(_parts(lines))
    if len(parts) > MAX_SHEETS:
        return Refuse((Fault("shipment_ids", f"make {len(parts)} manifests, {MAX_SHEETS} are allowed; split it"),))
    return tuple(
        Manifest(
            merchant_id=command.merchant_id,
            location_id=location_id,
            command_id=command.command_id,
            lines=part,
            carrier_name=part[0].carrier_name,
            pickup=part[0].pickup,
        )
        for part in parts
    )


def _parts(lines: Sequence[ManifestLine]) -> Iterator[tuple[ManifestLine, ...]]:
    groups: dict[tuple[str, TimeWindow | None], list[ManifestLine]] = {}
    for line in lines:
        groups.setdefault((line.carrier_name, line.pickup), []).append(line)
    for group in groups.values():
        shipments = list(dict.fromkeys(line.shipment_id for line in group))
        for start in range(0, len(shipments), MAX_SHIPMENTS):
            part = frozenset(shipments[start : start + MAX_SHIPMENTS])
            yield tuple(line for line in group if line.shipment_id in part)


def _faults(merchant_id: str, ids: tuple[str, ...], rows: Mapping[str, ShipmentRow | None]) -> Iterator[Fault]:
    before: set[str] = set()
    for index, shipment_id in enumerate(ids):
        field, row = f"shipment_ids[{index}]", rows.get(shipment_id)
        if shipment_id in before:
            yield Fault(field, f"{shipment_id} is given twice; name each shipment once")
        elif row is None or row.facts is None:
            yield Fault(field, f"{shipment_id} is not known for merchant {merchant_id}; send Refresh for it first")
        elif row.merchant_id != merchant_id:
            yield Fault(field, f"{shipment_id} is not of merchant {merchant_id}; leave it out")
        elif row.facts.status in CLOSED - {Status.SHIPPED}:
            yield Fault(field, f"{shipment_id} is {row.facts.status}; leave it out")
        elif not reached(row.facts.status, Status.SHIPLABEL_GENERATED):
            yield Fault(field, f"{shipment_id} is {row.facts.status}; generate its labels first")
        elif not row.facts.live_packages:
            yield Fault(field, f"{shipment_id} has no package to hand over; leave it out")
        elif void := [package.package_id for package in row.facts.packages if _is_void(row, row.facts, package)]:
            yield Fault(field, f"{shipment_id}: the label of {', '.join(void)} was cancelled; generate it anew")
        before.add(shipment_id)


def _is_void(row: ShipmentRow, facts: Shipment, package: Package) -> bool:
    """Amazon cancelled the label, and none was made since."""
    return facts.sub_status == LABEL_CANCELED and row.tracking_of(package.package_id) is None


def _location_faults(rows: list[ShipmentRow]) -> Iterator[Fault]:
    locations = sorted({row.facts.location_id for row in rows if row.facts})
    if len(locations) > 1:
        yield Fault("shipment_ids", f"are of several locations ({', '.join(locations)}); make one manifest for each")


def _lines(row: ShipmentRow, facts: Shipment) -> Iterator[ManifestLine]:
    for package in facts.live_packages:
        told = row.tracking_of(package.package_id)
        yield ManifestLine(
            shipment_id=facts.shipment_id,
            order_id=facts.order_id,
            package_id=package.package_id,
            carrier_name=told.carrier_name if told else "",
            tracking_id=told.tracking_id if told else package.package_id,
            units=sum(item.quantity for item in package.items),
            pickup=(told.time_slot or told.pickup_window) if told else None,
        )
