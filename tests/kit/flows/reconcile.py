"""Drifts planted in a World, of each kind, and what `connector reconcile` tells of them."""

import itertools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec

from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.domain.reconcile.kinds import DriftKind
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return
from connector.kafka.topics import changelog_topic
from connector.smartconnect.wire.returns import read_return
from connector.smartconnect.wire.shipments import read_shipment
from connector.smartconnect.wire.source import Source
from connector.tables.returns import RETURN_ROWS
from connector.tables.shipments import SHIPMENTS
from tests.kit.flows.commands import Ran, run
from tests.kit.flows.inventory import post_elsewhere
from tests.kit.flows.world import World, home, wall_ms
from tests.kit.kafka.broker import eventually

PLANTED = int(os.environ.get("PLANTED_DRIFTS", "24"))
"""Drifts of stock; by hand 500. A name that begins as settings do would be told by each command as a misspelt one."""

POSTED = (DriftKind.SEQUENCE_AHEAD, DriftKind.SEQUENCE_BEHIND, DriftKind.OTHER_QUANTITY, DriftKind.UNKNOWN_SKU)


def lift_limits(world: World, merchant_id: str, rate: int = 1_000) -> None:
    """What Amazon allows is not what these stories are about."""
    operations = ("inventory", "get_shipment", "list_shipments", "returns")
    world.tell("PATCH", f"merchants/{merchant_id}", {"limits": dict.fromkeys(operations, f"{rate}/{rate}")})


def plant_stock(world: World, merchant_id: str, skus: Sequence[str], units: int) -> dict[str, DriftKind]:
    """Each SKU, of which Amazon has two values, the last of `units`, has a drift of one kind."""
    planted = dict(zip(skus, itertools.cycle(POSTED), strict=False))
    stock = world.stock()
    world.tell("PATCH", "switches", {"lower_sequence": "accept"})
    for sku, kind in planted.items():
        sequence = int(stock[merchant_id, sku]["sequence"])
        match kind:
            case DriftKind.SEQUENCE_AHEAD:
                post_elsewhere(world, merchant_id, sku, units + 1, sequence + 5)
            case DriftKind.SEQUENCE_BEHIND:
                post_elsewhere(world, merchant_id, sku, units, sequence - 1)
            case DriftKind.OTHER_QUANTITY:
                post_elsewhere(world, merchant_id, sku, units + 2, sequence)
            case _:
                body = {"merchant": merchant_id, "sku": sku, "errors": ["INVALID_SKU"]}
                world.tell("POST", "actionable-errors", body)
    world.tell("PATCH", "switches", {"lower_sequence": "conflict"})
    return planted


class StockAtWork:
    """An OMS that goes on counting some SKUs while something else runs, each value awaited at Amazon."""

    def __init__(self, world: World, merchant_id: str, skus: Sequence[str]) -> None:
        self._world = world
        self._merchant_id = merchant_id
        self._skus = skus
        self._numbers = itertools.count(1_000)

    def during(self, *arguments: str, **env: str) -> Ran:
        """`connector ARGUMENTS`, while stock moves; three rounds of it at least."""
        with ThreadPoolExecutor(1) as other:
            ran: Future[Ran] = other.submit(run, self._world, *arguments, **env)
            rounds = 0
            while not ran.done() or rounds < 3:
                self._one_round()
                rounds += 1
            return ran.result()

    def _one_round(self) -> None:
        number = next(self._numbers)
        world, merchant_id = self._world, self._merchant_id
        world.produce([world.update(merchant_id, sku, number % 90 + 1, number) for sku in self._skus])
        last = (merchant_id, self._skus[-1])
        eventually("it moved", lambda: world.quantities().get(last) == number % 90 + 1, 60)


def told_drifts(ran: Ran) -> dict[str, str]:
    """Id -> kind of each drift that was told."""
    assert ran.out, ran
    return {drift["id"]: drift["kind"] for drift in ran.json["drifts"]}


def mended(ran: Ran) -> set[str]:
    return {drift["id"] for drift in ran.json["drifts"] if drift["mended"]}


def shipment_facts(world: World, merchant_id: str) -> dict[str, Shipment]:
    """As Amazon has them, by id."""
    bodies: list[Mapping[str, Any]] = world.ask("shipments", merchant=merchant_id)
    return {str(body["id"]): read_shipment(Source(json.loads(json.dumps(body)))) for body in bodies}


def return_facts(world: World, merchant_id: str) -> dict[str, Return]:
    """As Amazon has them, by id."""
    bodies: list[Mapping[str, Any]] = world.ask("returns", merchant=merchant_id)
    return {str(body["id"]): read_return(Source(json.loads(json.dumps(body)))) for body in bodies}


def know_shipments(world: World, merchant_id: str, known: Iterable[Shipment]) -> None:
    """Rows as a worker would have written them, before one runs."""
    rows = [
        ShipmentRow(merchant_id=merchant_id, shipment_id=one.shipment_id, facts=one, received=True) for one in known
    ]
    _write(world, SHIPMENTS.name, merchant_id, {row.shipment_id: row for row in rows})


def know_returns(world: World, merchant_id: str, known: Iterable[Return]) -> None:
    """As `know_shipments`."""
    _write(world, RETURN_ROWS.name, merchant_id, {one.return_id: ReturnRow(one) for one in known})


def _write(world: World, table: str, merchant_id: str, rows: Mapping[str, object]) -> None:
    records = [(f"{merchant_id}|{key}", msgspec.json.encode(row)) for key, row in rows.items()]
    world.broker.produce(changelog_topic(world.app_id, table), records, home(merchant_id))


def earlier(facts: Shipment, status: str) -> Shipment:
    """As it was some time before."""
    return replace(facts, status=status, last_updated_at_ms=facts.last_updated_at_ms - 60_000)


def wait_older_than(ms: int) -> None:
    """Until what was made so far is so old."""
    since = wall_ms()
    eventually("it is old enough", lambda: wall_ms() > since + ms)
