"""The OMS's side of orders in a World: shipments at Amazon, commands, and what came of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connector.kafka.topics import COMMAND_RESULTS, ORDER_COMMANDS
from tests.kit.flows.world import Seller, World, wall_ms

PROGRAMS = ("SELLER_FLEX", "EASY_SHIP", "SELF_SHIP")
LOCATIONS = "".join(
    f'[[merchants.locations]]\nlocation_id = "{program}"\nprogram = "{program}"\n' for program in PROGRAMS
)
STEPS = (
    *("get_shipment", "list_shipments", "process_shipment", "create_packages", "update_package"),
    *("update_package_status", "shipping_options", "invoice", "ship_labels"),
)
FAST = "".join(f"{step} = {{rate = 200}}\n" for step in STEPS)
"""Limits of a merchant where the limit is not the subject, and the simulator's, which are the same."""
FAST_SIMULATOR = tuple(part for step in STEPS for part in ("--limit", f"{step}=1000"))


def order_seller(merchant_id: str, *, extra: str = "", limits: str = FAST) -> Seller:
    """A location for each program, named as the program is."""
    return Seller(merchant_id, extra=extra, limits=limits, locations=LOCATIONS)


@dataclass(frozen=True)
class Command:
    command_id: str
    merchant_id: str
    shipment_id: str
    action: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    expires_at_ms: int | None = None


def send(world: World, commands: Iterable[Command]) -> None:
    records = [(command.merchant_id, encoded(world, command)) for command in commands]
    world.broker.produce(ORDER_COMMANDS.name, records, partitioner="murmur2_random")


def encoded(world: World, command: Command) -> bytes:
    return world.codec.encode(
        ORDER_COMMANDS.name,
        {
            "command_id": command.command_id,
            "merchant_id": command.merchant_id,
            "shipment_id": command.shipment_id,
            "issued_at": wall_ms(),
            "expires_at": command.expires_at_ms,
            "action": (f"smartconnect.{command.action}", dict(command.fields)),
        },
    )


def sequence(merchant_id: str, shipment_id: str, *actions: str) -> list[Command]:
    return [Command(f"{shipment_id}-{action}", merchant_id, shipment_id, action) for action in actions]


def new_shipments(world: World, merchant_id: str, program: str, count: int = 1, **facts: Any) -> list[str]:
    made = {"merchant_id": merchant_id, "lines": {"sku-1": 2, "sku-2": 1}, "program": program, "location_id": program}
    return [body["id"] for body in world.tell("POST", "shipments", {**made, "count": count, **facts})]


def results(world: World) -> dict[str, dict[str, Any]]:
    """The result of each command by its id; one that was published twice must be the same result."""
    found: dict[str, dict[str, Any]] = {}
    for result in world.published(COMMAND_RESULTS.name):
        known = found.setdefault(result["command_id"], result)
        assert known["result_id"] == result["result_id"]
        assert known["outcome"] == result["outcome"], (known, result)
    return found


def effects(world: World, shipment_id: str) -> Counter[str]:
    return Counter(effect["name"] for effect in world.ask("effects", shipment=shipment_id))


def statuses(world: World) -> dict[str, str]:
    return {body["id"]: body["status"] for body in world.ask("shipments")}


def calls_for(world: World, shipment_id: str) -> list[str]:
    """Paths below the shipment, of calls that are more than a reading."""
    return [call["path"] for call in world.ask("calls") if shipment_id in call["path"] and call["method"] != "GET"]


def read_document(document: Mapping[str, Any]) -> bytes:
    """Its bytes, which must have the hash that the result names."""
    content = Path(unquote(urlsplit(document["uri"]).path)).read_bytes()
    assert hashlib.sha256(content).hexdigest() == document["sha256"], document
    return content
