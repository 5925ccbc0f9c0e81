"""Confirm, Pack and Ship, with answers lost, workers killed and notifications shuffled, in any schedule."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.commands import (
    Action,
    CommandOutcome,
    Confirm,
    OrderCommand,
    Pack,
    Reject,
    Ship,
    UpdatePackage,
)
from connector.domain.orders.events import CancelledBy, OrderEvent, OrderEventType
from connector.domain.orders.facts.lifecycle import rank
from connector.domain.orders.facts.shipment import Program, Status
from tests.kit.orders.shipments import cm, command, package
from tests.kit.orders.worker import disturb, start

SEQUENCE = ("confirm", "pack", "ship")
PACKAGES = (
    package("P1", items=package().items[:1]),
    package("P2", items=package().items[1:]),
)


def sequence(chance: Random) -> list[OrderCommand]:
    packages = PACKAGES if chance.random() < 0.5 else ()
    actions: list[Action] = [Confirm(), Pack(packages=packages), Ship()]
    return [command(action, command_id) for action, command_id in zip(actions, SEQUENCE, strict=True)]


@pytest.mark.parametrize("program", Program)
@settings(max_examples=400)
@given(seed=st.integers(0, 2**32), rounds=st.integers(0, 400))
def test_every_effect_is_made_once_and_told_once(program: Program, seed: int, rounds: int) -> None:
    chance = Random(seed)
    worker = start(chance, program)
    disturb(worker, sequence(chance), chance, rounds)

    amazon = worker.amazon
    assert amazon.facts.status == Status.SHIPPED
    made = Counter(effect for effect in amazon.effects if not effect.startswith("label_regenerated"))
    assert set(made.values()) == {1}, made
    assert made["confirmed"] == made["packages_created"] == 1
    assert made["invoice_generated"] == (program is not Program.EASY_SHIP)
    again = Counter(effect for effect in amazon.effects if effect.startswith("label_regenerated"))
    assert max(again.values(), default=0) <= worker.labels_lost

    results = {result.command_id: result for result in worker.results}
    assert {result.result_id for result in worker.results} == {result.result_id for result in results.values()}
    assert {one: results[one].outcome for one in results} == dict.fromkeys(SEQUENCE, CommandOutcome.DONE)
    assert {document.sha256 for document in results["pack"].documents} == {
        *(["invoice"] if program is not Program.EASY_SHIP else []),
        *(f"label {package_id} {generation}" for package_id, generation in amazon.generations.items()),
    }
    assert_told_in_order(worker.orders)
    assert not worker.cancellations


@pytest.mark.parametrize("program", Program)
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), rounds=st.integers(0, 200))
def test_a_customers_cancellation_ends_all_commands(program: Program, seed: int, rounds: int) -> None:
    chance = Random(seed)
    worker = start(chance, program)
    commands = sequence(chance)
    kept = [commands.pop()]
    disturb(worker, commands, chance, rounds)
    worker.amazon.cancel_for_the_customer()
    effects = list(worker.amazon.effects)
    worker.notify(Status.CANCELLED)
    for late in kept:
        worker.command(late)
    worker.drain()

    assert worker.amazon.effects == effects, "nothing is called for a cancelled shipment"
    assert [event.cancelled_by for event in worker.cancellations] == ["CUSTOMER_OR_MARKETPLACE"]
    results = {result.command_id: result.outcome for result in worker.results}
    assert results["ship"] is CommandOutcome.CANCELLED
    assert_told_in_order(worker.orders)


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), rounds=st.integers(0, 400))
def test_a_package_update_has_everything_after_it_made_once_more(seed: int, rounds: int) -> None:
    chance = Random(seed)
    worker = start(chance, Program.SELF_SHIP)
    worker.amazon.applies_repeats = False
    update = command(UpdatePackage(replace(package("S1-1"), height=cm(77))), "update")
    commands = [command(Confirm(), "confirm"), command(Pack(), "pack"), update]
    commands += [command(Pack(), "pack again"), command(Ship(), "ship")]
    disturb(worker, commands, chance, rounds)

    assert worker.amazon.facts.status == Status.SHIPPED
    made = Counter(effect.split()[0] for effect in worker.amazon.effects)
    made.pop("label_regenerated", None)
    twice = {"label_generated": 2, "invoice_generated": 2}
    assert made == {"confirmed": 1, "packages_created": 1, "updated": 1, "shipped": 1} | twice
    assert {result.outcome for result in worker.results} == {CommandOutcome.DONE}
    told = {event.event_id: event.type for event in worker.orders}
    assert Counter(told.values())[OrderEventType.LABELS_GENERATED] == 2


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), rounds=st.integers(0, 100))
def test_a_sellers_cancellation_is_made_once(seed: int, rounds: int) -> None:
    chance = Random(seed)
    worker = start(chance, Program.EASY_SHIP)
    reject = command(Reject(reason="OUT_OF_STOCK"), "reject")
    disturb(worker, [command(Confirm(), "confirm"), reject, command(Pack(), "pack")], chance, rounds)

    assert worker.amazon.facts.status == Status.CANCELLED
    assert Counter(effect.split()[0] for effect in worker.amazon.effects) == {"confirmed": 1, "rejected": 1}
    outcomes = {result.command_id: result.outcome for result in worker.results}
    assert outcomes == {
        "confirm": CommandOutcome.DONE,
        "reject": CommandOutcome.DONE,
        "pack": CommandOutcome.CANCELLED,
    }
    assert len({event.event_id for event in worker.cancellations}) == 1
    assert {event.cancelled_by for event in worker.cancellations} == {CancelledBy.SELLER}


def assert_told_in_order(orders: list[OrderEvent]) -> None:
    first: dict[str, OrderEvent] = {}
    for event in orders:
        first.setdefault(event.event_id, event)
    types = Counter(event.type for event in first.values() if event.type is not OrderEventType.ORDER_UPDATED)
    assert set(types.values()) == {1}, types
    assert types[OrderEventType.ORDER_RECEIVED] == 1
    assert next(iter(first.values())).type is OrderEventType.ORDER_RECEIVED
    ranks = [rank(event.status) for event in first.values()]
    assert ranks == sorted(ranks)
