"""Order commands on their topic."""

from collections.abc import Mapping
from typing import Any

from connector.agents.bounds import check_texts
from connector.agents.orders.package_records import courier_of, package_of, packages_of
from connector.domain.orders import commands
from connector.domain.orders.commands import Action, OrderCommand
from connector.kafka.avro.codec import BadRecord


def read_command(value: Mapping[str, Any]) -> OrderCommand:
    """Raises BadRecord where no result or row could hold it; what else is wrong is refused by the domain's rules."""
    check_texts(value)
    if not value["command_id"].strip():
        raise BadRecord("INVALID", "command_id: it is empty; give each command an id of its own")
    record_name, asked = value["action"]
    return OrderCommand(
        command_id=value["command_id"],
        merchant_id=value["merchant_id"],
        shipment_id=value["shipment_id"],
        action=_action(record_name.removeprefix("smartconnect."), asked),
        issued_at_ms=value["issued_at"],
        expires_at_ms=value["expires_at"],
    )


def _action(name: str, asked: Mapping[str, Any]) -> Action:
    """Raises ValueError for what is none of the schema's."""
    match name:
        case "Confirm":
            return commands.Confirm()
        case "Reject":
            return commands.Reject(asked["reason"], asked["reference_id"] or "")
        case "CreatePackages":
            return commands.CreatePackages(packages_of(asked["packages"]))
        case "SelectShippingOption":
            return commands.SelectShippingOption(asked["package_id"], asked["shipping_option_id"] or "")
        case "GenerateInvoice":
            return commands.GenerateInvoice()
        case "GenerateShipLabels":
            return commands.GenerateShipLabels(
                package_ids=tuple(asked["package_ids"]),
                shipping_option_id=asked["shipping_option_id"] or "",
                courier=courier_of(asked["courier"]),
                regenerate=asked["regenerate"],
            )
        case "UpdatePackage":
            return commands.UpdatePackage(package_of(asked["package"]))
        case "UpdatePackageStatus":
            return commands.UpdatePackageStatus(
                package_id=asked["package_id"],
                status=asked["status"],
                sub_status=asked["sub_status"] or "",
                reason=asked["reason"] or "",
            )
        case "Ship":
            return commands.Ship(tuple(asked["package_ids"]))
        case "Pack":
            return commands.Pack(
                packages=packages_of(asked["packages"]),
                shipping_option_id=asked["shipping_option_id"] or "",
                courier=courier_of(asked["courier"]),
            )
        case "Refresh":
            return commands.Refresh(asked["return_id"] or "")
        case "CreateManifest":
            return commands.CreateManifest(tuple(asked["shipment_ids"]))
        case _:
            raise ValueError(f"{name}: no action of schemas/order_command.avsc")
