"""What a package must be before Amazon is asked: completed from what Amazon recommends, then checked.

Every fault names the field as the OMS wrote it and says how to mend it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connector.domain.orders.checks.measures import CENTIMETRES, GRAMS, MEASURES, SIDES, fitting
from connector.domain.orders.commands import Fault
from connector.domain.orders.facts.packages import Length, Package, PackageItem, RecommendedPackage, Weight
from connector.domain.orders.facts.shipment import DISALLOWED, REQUIRED, LineItem, Shipment

LEAST_GRAMS = 5  # Package.weight in the published model
MULTIPLE = "MULTIPLE"  # LineItem.pieceType: a unit is of several pieces, which may lie in several packages


def form_faults(packages: Sequence[Package]) -> Iterator[Fault]:
    """What is wrong whatever the shipment is."""
    for index, package in enumerate(packages):
        at = f"packages[{index}]"
        yield from package_form_faults(at, package)
        if package.package_id and package.package_id in [other.package_id for other in packages[:index]]:
            yield Fault(f"{at}.package_id", f"{package.package_id} is given twice; choose another id")


def package_form_faults(at: str, package: Package) -> Iterator[Fault]:
    if not package.package_id:
        yield Fault(f"{at}.package_id", "is empty; choose an id that is unique within the shipment")
    for side in SIDES:
        yield from _length_faults(f"{at}.{side}", getattr(package, side))
    yield from _weight_faults(f"{at}.weight", package.weight)
    for number, item in enumerate(package.items):
        if item.quantity < 1:
            yield Fault(f"{at}.items[{number}].quantity", f"must be at least 1, not {item.quantity}")


def _length_faults(field: str, length: Length | None) -> Iterator[Fault]:
    if length is None:
        return
    if length.unit not in CENTIMETRES:
        yield Fault(field, f"the unit is none of {', '.join(CENTIMETRES)}")
    if length.value <= 0:
        yield Fault(field, f"must be above 0, not {length.value}; measure the packet")


def _weight_faults(field: str, weight: Weight | None) -> Iterator[Fault]:
    if weight is None:
        return
    if weight.unit not in GRAMS:
        yield Fault(field, f"the unit is none of {', '.join(GRAMS)}")
    elif weight.value * GRAMS[weight.unit] < LEAST_GRAMS:
        yield Fault(field, f"must be at least {LEAST_GRAMS} G, not {weight.value} {weight.unit}; weigh the packet")


def complete(packages: Sequence[Package], shipment: Shipment) -> tuple[Package, ...]:
    """The packages with what was left out: a single packet holds everything, recommended measures are the default."""
    if not packages:
        return tuple(_recommended(shipment))
    if len(packages) == 1 and not packages[0].items:
        packages = [replace(packages[0], items=tuple(_whole(line) for line in shipment.line_items if line.packable))]
    return tuple(with_compliance(_measured(package, fitting(package, shipment)), shipment) for package in packages)


def _recommended(shipment: Shipment) -> Iterator[Package]:
    """Of several that name the same line item, each holds its share. A single one that names none holds everything."""
    boxes = [recommended.line_item_ids for recommended in shipment.recommended_packages]
    if len(boxes) == 1 and not boxes[0]:
        boxes = [tuple(line.line_item_id for line in shipment.line_items)]
    for number, recommended in enumerate(shipment.recommended_packages):
        items = tuple(
            PackageItem(line_item_id=line.line_item_id, quantity=share)
            for line in shipment.line_items
            if line.line_item_id in boxes[number] and (share := _share(line, boxes, number))
        )
        package = Package(package_id=f"{shipment.shipment_id}-{number + 1}", items=items)
        yield with_compliance(_measured(package, recommended), shipment)


def _share(line: LineItem, boxes: Sequence[Sequence[str]], number: int) -> int:
    """Units of the line in the box: evenly, the first boxes one more. Of a unit in several pieces, each box has one."""
    holding = [index for index, box in enumerate(boxes) if line.line_item_id in box]
    if line.piece_type == MULTIPLE and line.packable < len(holding):
        return min(line.packable, 1)
    each, more = divmod(line.packable, len(holding))
    return each + (holding.index(number) < more)


def _whole(line: LineItem) -> PackageItem:
    return PackageItem(line_item_id=line.line_item_id, quantity=line.packable)


def _measured(package: Package, fitting: RecommendedPackage | None) -> Package:
    if fitting is None:
        return package
    return replace(
        package,
        length=package.length or fitting.length,
        width=package.width or fitting.width,
        height=package.height or fitting.height,
        weight=package.weight or fitting.weight,
    )


def with_compliance(package: Package, shipment: Shipment) -> Package:
    """Origin, value and hazmat labels that Amazon requires, from the line item where the OMS names none."""
    lines = {line.line_item_id: line for line in shipment.line_items}
    items, labels = [], list(package.hazmat_labels)
    for item in package.items:
        line = lines.get(item.line_item_id)
        if line is not None:
            if line.compliance.country_of_origin == REQUIRED:
                origin = item.country_of_origin or line.country_of_origin or line.recommended_country_of_origin
                item = replace(item, country_of_origin=origin)
            if line.compliance.item_value == REQUIRED:
                item = replace(item, item_value=item.item_value or line.item_value)
            if line.compliance.hazmat_labels == REQUIRED and not package.hazmat_labels:
                labels += [label for label in line.hazmat_labels if label not in labels]
        items.append(item)
    return replace(package, items=tuple(items), hazmat_labels=tuple(labels))


def shipment_faults(packages: Sequence[Package], shipment: Shipment) -> Iterator[Fault]:
    """What is wrong with completed packages that are to hold the whole shipment."""
    if not packages:
        yield Fault(
            "packages",
            "none given, and Amazon recommends none; give packages with their measures",
            may_be_outdated=True,
        )
        return
    for index, package in enumerate(packages):
        for fault in package_form_faults(f"packages[{index}]", package):  # Amazon's recommendations have them too
            yield replace(fault, may_be_outdated=True)
        yield from package_faults(f"packages[{index}]", package, shipment)
    yield from unit_faults("packages", packages, shipment)


def unit_faults(
    field: str, packages: Sequence[Package], shipment: Shipment, *, may_be_fewer: bool = False
) -> Iterator[Fault]:
    """`may_be_fewer`: on the way, as a unit is moved from one package to another by two commands."""
    packed, boxes = Counter[str](), Counter[str]()
    for package in packages:
        for item in package.items:
            packed[item.line_item_id] += item.quantity
            boxes[item.line_item_id] += 1
    for line in shipment.line_items:
        units, most = packed[line.line_item_id], line.packable
        if line.piece_type == MULTIPLE:
            most *= max(boxes[line.line_item_id], 1)
        if units > most or (units < line.packable and not may_be_fewer):
            yield Fault(
                field,
                f"line item {line.line_item_id} has {line.packable} units{_cancelled_of(line)},"
                f" {units} are packed; pack each unit once",
            )


def package_faults(field: str, package: Package, shipment: Shipment) -> Iterator[Fault]:
    for side in MEASURES:
        if getattr(package, side) is None:
            yield Fault(
                f"{field}.{side}",
                "is missing, and Amazon recommends none; capture the packet's dimensions and weight",
                may_be_outdated=True,
            )
    if not package.items:
        yield Fault(f"{field}.items", "is empty; say what is in the package")
    lines = {line.line_item_id: line for line in shipment.line_items}
    for number, item in enumerate(package.items):
        line = lines.get(item.line_item_id)
        if line is None:
            yield Fault(
                f"{field}.items[{number}].line_item_id",
                f"{item.line_item_id} is not in the shipment; its line items are {', '.join(lines)}",
            )
        else:
            yield from _item_faults(f"{field}.items[{number}]", item, line)
            if line.compliance.hazmat_labels == REQUIRED and not package.hazmat_labels:
                yield Fault(
                    f"{field}.hazmat_labels", f"Amazon requires them for line item {item.line_item_id}; add them"
                )


def _cancelled_of(line: LineItem) -> str:
    return f" left ({line.cancelled} of {line.quantity} were cancelled)" if line.cancelled else ""


def _item_faults(field: str, item: PackageItem, line: LineItem) -> Iterator[Fault]:
    if item.quantity > line.packable:
        told = f"is {item.quantity}, but the line item has {line.packable} units{_cancelled_of(line)}"
        yield Fault(f"{field}.quantity", told)
    rules, serials = line.compliance, len(item.serial_numbers)
    if rules.serial_number == REQUIRED and serials != item.quantity:
        yield Fault(f"{field}.serial_numbers", f"Amazon requires one per unit: {item.quantity} needed, {serials} given")
    for name, rule, given in (
        ("serial_numbers", rules.serial_number, serials > 0),
        ("country_of_origin", rules.country_of_origin, item.country_of_origin != ""),
        ("item_value", rules.item_value, item.item_value is not None),
    ):
        if rule == DISALLOWED and given:
            yield Fault(f"{field}.{name}", f"Amazon disallows it for line item {line.line_item_id}; leave it out")
        if rule == REQUIRED and not given and name != "serial_numbers":
            yield Fault(f"{field}.{name}", "Amazon requires it, and the line item names none; add it")
