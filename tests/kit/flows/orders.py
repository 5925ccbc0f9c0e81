"""The OMS's side of orders in a World: shipments at Amazon, commands, and what came of them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connector.kafka.topics import COMMAND_RESULTS, DEAD_LETTERS, ORDER_COMMANDS
from tests.kit.flows.marketplace import order_events
from tests.kit.flows.world import NewWorld, Seller, World, wall_ms
from tests.kit.kafka.broker import eventually

PROGRAMS = ("SELLER_FLEX", "EASY_SHIP", "SELF_SHIP")
STEPS = (
    *("get_shipment", "list_shipments", "process_shipment", "create_packages", "update_package"),
    *("update_package_status", "shipping_options", "invoice", "ship_labels"),
)
FAST = "".join(f"{step} = {{rate = 200}}\n" for step in STEPS)
"""Limits of a merchant where the limit is not the subject, and the simulator's, which are the same."""
FAST_SIMULATOR = tuple(part for step in STEPS for part in ("--limit", f"{step}=1000"))
DISTURBED = (
    *("503,before,p=0.06", "409,before,p=0.03", "close,before,p=0.02"),
    *("503,after,p=0.06", "409,after,p=0.02", "malformed,after,p=0.02", "timeout,after,p=0.005"),
)
"""Faults of one call in five: half of them come before the effect, half after it."""
ONCE = ("confirmed", "packages_created", "invoice_generated", "labels_generated", "package_shipped")
"""What Confirm, Pack and Ship come to, whatever goes wrong meanwhile."""

Results = Mapping[str, Mapping[str, Any]]


def locations(**changes: str) -> str:
    """One for each program, named as the program is, with the lines given for it: `SELF_SHIP="orders = false"`."""
    return "".join(
        f'[[merchants.locations]]\nlocation_id = "{program}"\nprogram = "{program}"\n{changes.get(program, "")}\n'
        for program in PROGRAMS
    )


def order_seller(merchant_id: str, *, extra: str = "", limits: str = FAST, locations: str = locations()) -> Seller:
    return Seller(merchant_id, extra=extra, limits=limits, locations=locations)


def order_world(new_world: NewWorld, *sellers: Seller) -> World:
    """A worker at work for the sellers, or M1; no limit is in its way."""
    world = new_world(sellers or [order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    return world


@dataclass(frozen=True)
class Command:
    command_id: str
    merchant_id: str
    shipment_id: str
    action: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    expires_at_ms: int | None = None


def sequence(merchant_id: str, shipment_id: str, *actions: str) -> list[Command]:
    return [Command(f"{shipment_id}-{action}", merchant_id, shipment_id, action) for action in actions]


def package(grams: int, **units: int) -> dict[str, Any]:
    """P1, ten centimetres each way. `units`: of the line items, `line1=2`."""
    side = {"value": Decimal(10), "unit": "CM"}
    items = [{"line_item_id": name.removeprefix("line"), "quantity": count} for name, count in units.items()]
    weight = {"value": Decimal(grams), "unit": "G"}
    return {"package_id": "P1", "length": side, "width": side, "height": side, "weight": weight, "items": items}


def send(world: World, commands: Iterable[Command], headers: Sequence[tuple[str, bytes]] = ()) -> None:
    """`headers`: of each record."""
    records = [(command.merchant_id, _encoded(world, command)) for command in commands]
    world.broker.produce(ORDER_COMMANDS.name, records, headers=headers, partitioner="murmur2_random")


def _encoded(world: World, command: Command) -> bytes:
    return world.written_as(
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


def wait_command_results(world: World, count: int, timeout_s: float = 60) -> dict[str, dict[str, Any]]:
    """`results`, once there are those of `count` commands; one more is a fault."""

    def enough() -> dict[str, dict[str, Any]] | None:
        return found if len(found := results(world)) >= count else None

    told = eventually(f"the results of {count} commands", enough, timeout_s)
    assert len(told) == count, told
    return told


def outcomes(told: Results) -> dict[str, str]:
    return {command_id: result["outcome"] for command_id, result in told.items()}


def effects(world: World, shipment_id: str) -> Counter[str]:
    return Counter(effect["name"] for effect in world.ask("effects", shipment=shipment_id))


def statuses(world: World) -> dict[str, str]:
    return {body["id"]: body["status"] for body in world.ask("shipments")}


def calls_for(world: World, shipment_id: str) -> list[str]:
    """Paths below the shipment, of calls that are more than a reading."""
    return [call["path"] for call in world.calls() if shipment_id in call["path"] and call["method"] != "GET"]


def read_document(document: Mapping[str, Any]) -> bytes:
    """Its bytes, which must have the hash that the result names."""
    content = Path(unquote(urlsplit(document["uri"]).path)).read_bytes()
    assert hashlib.sha256(content).hexdigest() == document["sha256"], document
    return content


def check_packed(result: Mapping[str, Any]) -> None:
    """One invoice and one label, as they were stored, and the tracking of the one package."""
    assert sorted(document["kind"] for document in result["documents"]) == ["INVOICE", "SHIP_LABEL"]
    assert all(read_document(document) for document in result["documents"])
    (tracking,) = result["tracking"]
    assert tracking["tracking_id"] != ""


def check_shipped_once(world: World, shipment_ids: Iterable[str]) -> None:
    """After Confirm, Pack and Ship of each: every command done, every effect made once, every event told in order."""
    told = results(world)
    assert set(outcomes(told).values()) == {"DONE"}
    assert set(statuses(world).values()) == {"SHIPPED"}
    made = Counter((effect["shipment_id"], effect["name"]) for effect in world.ask("effects"))
    types = event_types(world)
    for shipment_id in shipment_ids:
        assert {name: made[shipment_id, name] for name in ONCE} == dict.fromkeys(ONCE, 1), shipment_id
        check_packed(told[f"{shipment_id}-Pack"])
        main = [kind for kind in types[shipment_id] if kind != "ORDER_UPDATED"]
        assert (main[0], main[-1], len(main)) == ("ORDER_RECEIVED", "SHIPPED", len(set(main))), main
    assert world.published(DEAD_LETTERS.name) == []


def event_types(world: World) -> dict[str, list[str]]:
    """Of each shipment, in order."""
    types = defaultdict(list)
    for event in order_events(world):
        types[event["shipment_id"]].append(event["type"])
    return types
