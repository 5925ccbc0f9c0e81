"""Which calls are made for shipments, in which order, and what is doubted; in virtual time."""

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

import pytest

from connector.agents.retention import SWEEP_EVERY_S
from connector.domain.orders.commands import Action, Confirm, CreatePackages, OrderCommand, Pack, Refresh
from connector.domain.orders.events import Via
from connector.domain.orders.facts.shipment import Shipment, Status
from connector.domain.orders.steps import ConfirmShipmentCall, CreatePackagesCall, GetShipmentCall, Step
from connector.domain.outcomes import Accepted, Answer, Throttled, Unavailable
from tests.kit.orders.agents import PARTITION, RETENTION_MS, OrderAgents, merchant
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import package, shipment
from tests.kit.virtual_time import run_virtual

CONFIRM = Confirm()


def command(shipment_id: str, action: Action = CONFIRM, **envelope: Any) -> OrderCommand:
    command_id = f"{type(action).__name__}-{shipment_id}"
    return OrderCommand(command_id=command_id, merchant_id="M1", shipment_id=shipment_id, action=action, **envelope)


def amazons(*shipments: Shipment) -> dict[str, Amazon]:
    return {facts.shipment_id: Amazon(facts) for facts in shipments}


def numbered(count: int, **changes: Any) -> list[Shipment]:
    return [shipment(shipment_id=f"S{number}", **changes) for number in range(count)]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    run_virtual(coroutine)


def test_the_earliest_ship_by_goes_first() -> None:
    async def scenario() -> None:
        due = [9_000_000, 3_000_000, 7_000_000, 1_500_000, 5_000_000]
        facts = [shipment(shipment_id=f"S{due_ms}", ship_by_ms=due_ms) for due_ms in due]
        agents = OrderAgents(amazons(*facts))
        agents.open()
        await agents.accept(*(command(one.shipment_id, Refresh()) for one in facts))
        await asyncio.sleep(10)
        await agents.accept(*(command(one.shipment_id) for one in facts))
        await asyncio.sleep(10)
        confirmed = [step.ship_by_ms for _, step in agents.calls if isinstance(step.call, ConfirmShipmentCall)]
        assert confirmed == sorted(due)

    run(scenario())


def test_a_former_owners_outcome_of_the_same_step_ends_no_call_that_is_under_way() -> None:
    """Its record comes late, after the step was made anew here: the next call waits for ours all the same (G4)."""

    async def scenario() -> None:
        agents = OrderAgents(amazons(shipment()))
        agents.open()
        await agents.accept(command("S1", Refresh()))
        await asyncio.sleep(10)
        agents.answer_s = 3.0
        await agents.accept(command("S1"), command("S1", Pack()))
        while not isinstance(agents.calls[-1][1].call, ConfirmShipmentCall):  # noqa: ASYNC110  # virtual time
            await asyncio.sleep(0.01)
        left_at, step = agents.calls[-1]
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.settle(step, Accepted(Answer(http_status=204), None), sent_at_ms=agents.now_ms())
        await asyncio.sleep(20)
        after = [at for at, made in agents.calls if at > left_at and made != step]
        assert after
        assert after[0] >= left_at + agents.answer_s

    run(scenario())


def test_an_act_is_dated_by_amazons_clock() -> None:
    """Facts are: a copy of Amazon's from just before the act would pass for a newer one, where its clock is ahead."""

    async def scenario() -> None:
        agents = OrderAgents(amazons(shipment(shipment_id="S1")))
        agents.amazon_ahead_ms = 180_000
        agents.open()
        await agents.accept(command("S1"))
        await asyncio.sleep(10)
        answered_ms = next(round(at * 1000) for at, step in agents.calls if isinstance(step.call, ConfirmShipmentCall))
        assert 180_000 <= agents.row("S1").called_at_ms - answered_ms <= 180_000 + 1_100

    run(scenario())


def test_among_equal_ship_by_the_marks_of_haste_go_first() -> None:
    async def scenario() -> None:
        plain, high, prime = (
            shipment(shipment_id="PLAIN"),
            shipment(shipment_id="HIGH", priority="HIGH"),
            shipment(shipment_id="PRIME", priority="HIGH", channel_attributes=("PRIME",)),
        )
        agents = OrderAgents(amazons(plain, high, prime), merchant(limits={"process_shipment": {"rate": 1}}))
        agents.open()
        await agents.accept(*(command(one.shipment_id, Refresh()) for one in (plain, high, prime)))
        await asyncio.sleep(10)
        await agents.accept(*(command(one.shipment_id) for one in (plain, high, prime)))
        await asyncio.sleep(10)
        confirmed = [step.shipment_id for _, step in agents.calls if isinstance(step.call, ConfirmShipmentCall)]
        assert confirmed == ["PRIME", "HIGH", "PLAIN"]

    run(scenario())


@pytest.mark.parametrize("ahead_ms", [0, 180_000, -180_000])
def test_a_packing_waits_for_amazons_earliest_time_and_goes_on_by_itself(ahead_ms: int) -> None:
    """By Amazon's clock: it takes nothing earlier, whatever the worker's says."""

    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)))
        agents.amazon_ahead_ms = ahead_ms
        early = agents.now_ms() + ahead_ms + 3_600_000
        facts = shipment(
            Status.CONFIRMED, shipment_id="S0", earliest_pack_at_ms=early, invoice_requirement="NOT_REQUIRED"
        )
        agents.amazons["S0"].facts = facts
        agents.open()
        await agents.accept(command("S0", CreatePackages((package(),))))
        await asyncio.sleep(3590)
        assert [type(step.call) for _, step in agents.calls] == [GetShipmentCall]
        await asyncio.sleep(20)
        assert agents.results() == {"CreatePackages-S0": "DONE"}

    run(scenario())


def test_one_call_at_a_time_for_a_shipment_whatever_happens_meanwhile() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)))
        agents.answer_s, agents.settle_lag_s = 5, 3
        agents.open()
        await agents.accept(command("S0"))
        foreign = Step(call=ConfirmShipmentCall(), merchant_id="M1", shipment_id="S0", turn=-1)
        for number in range(40):
            await asyncio.sleep(0.3)
            async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
                edit.hint("M1", "S0", "" if number % 2 else "CONFIRMED", changed_at_ms=agents.now_ms())
                edit.settle(foreign, Accepted(Answer(), None), sent_at_ms=agents.now_ms())
        await asyncio.sleep(600)
        times = [at for at, _ in agents.calls]
        assert all(later - earlier >= 8 for earlier, later in itertools.pairwise(times)), times
        assert agents.amazons["S0"].effects == ["confirmed"]
        assert agents.results() == {"Confirm-S0": "DONE"}

    run(scenario())


def test_a_throttled_call_is_made_again_and_one_in_doubt_only_after_a_reading() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)))
        agents.open()
        await agents.accept(command("S0", Refresh()))
        await asyncio.sleep(5)
        agents.faults = [Throttled(Answer(http_status=429), 2.0), Unavailable(Answer(http_status=503))]
        await agents.accept(command("S0"))
        await asyncio.sleep(60)
        kinds = [type(step.call) for _, step in agents.calls]
        confirm, read = ConfirmShipmentCall, GetShipmentCall
        assert kinds == [read, confirm, confirm, read, confirm]
        assert agents.results()["Confirm-S0"] == "DONE"

    run(scenario())


def test_nothing_is_called_by_a_row_that_is_about_to_change() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(2)), merchant(limits={"process_shipment": {"rate": 0.1}}))
        agents.open()
        await agents.accept(*(command(one, Refresh()) for one in ("S0", "S1")))
        await asyncio.sleep(11)
        await agents.accept(command("S1"))
        await agents.accept(command("S0"))
        await asyncio.sleep(9)
        agents.amazons["S0"].move(Status.CANCELLED)
        agents.topics.send_s = 3  # meanwhile the lane has a call to spare
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.observe("M1", agents.amazons["S0"].facts, Via.POLL, agents.now_ms())
        await asyncio.sleep(60)
        assert [step.shipment_id for _, step in agents.calls if isinstance(step.call, ConfirmShipmentCall)] == ["S1"]
        assert agents.results()["Confirm-S0"] == "CANCELLED"

    run(scenario())


def test_a_lane_repeats_nothing_whose_outcome_is_still_to_be_settled() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)))
        agents.open()
        await agents.accept(command("S0", Refresh()))
        await asyncio.sleep(5)
        agents.faults = [Unavailable(Answer(http_status=503))]
        agents.settle_lag_s = 120
        await agents.accept(command("S0"))
        await asyncio.sleep(1_000)
        kinds = [type(step.call) for _, step in agents.calls]
        assert kinds[:3] == [GetShipmentCall, ConfirmShipmentCall, GetShipmentCall]
        assert agents.results()["Confirm-S0"] == "DONE"

    run(scenario())


def test_recovered_commands_and_calls_given_up_are_doubted() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)))
        agents.open()
        await agents.accept(command("S0", Refresh()))
        await asyncio.sleep(5)
        agents.answer_s = 30
        await agents.accept(command("S0"))
        await asyncio.sleep(5)
        assert agents.amazons["S0"].effects == ["confirmed"], "made, but its answer is not here yet"
        await agents.lanes.close(1, "M1")
        agents.answer_s = 0.05
        agents.open()
        await asyncio.sleep(20)
        assert [type(step.call) for _, step in agents.calls] == [GetShipmentCall, ConfirmShipmentCall, GetShipmentCall]
        assert agents.results()["Confirm-S0"] == "DONE"

        agents.settles = False  # what follows is lost with the worker
        await agents.accept(command("S0", Pack()))
        await asyncio.sleep(5)
        assert isinstance(agents.calls[-1][1].call, CreatePackagesCall)
        await agents.lanes.close(1)
        agents.shipments.close()
        agents.settles = True
        agents.open()
        await asyncio.sleep(60)
        assert agents.amazons["S0"].effects.count("packages_created") == 1
        assert isinstance(agents.calls[4][1].call, GetShipmentCall)
        assert agents.results()["Pack-S0"] == "DONE"

    run(scenario())


def test_where_nothing_may_be_sent_shipments_are_read_all_the_same() -> None:
    async def scenario(here: Any) -> None:
        agents = OrderAgents(amazons(*numbered(1)), here)
        agents.open()
        await agents.accept(command("S0", Refresh()), command("S0"))
        await asyncio.sleep(60)
        assert {type(step.call) for _, step in agents.calls} == {GetShipmentCall}
        assert agents.results() == {"Refresh-S0": "DONE"}
        agents.here = merchant()
        await agents.lanes.close(1, "M1")
        agents.open()
        await asyncio.sleep(60)
        assert agents.results() == {"Refresh-S0": "DONE", "Confirm-S0": "DONE"}

    location = {"location_id": "LOC", "program": "SELF_SHIP"}
    run(scenario(merchant(mode="observe")))
    run(scenario(merchant(orders=False)))
    run(scenario(merchant(locations=[location | {"orders": False}])))
    run(scenario(merchant(locations=[location | {"location_id": "ELSEWHERE"}])))


def test_a_command_that_waits_expires_by_itself() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(1)), merchant(mode="observe"))
        agents.open()
        watching = asyncio.create_task(agents.expiry.run())
        await agents.accept(command("S0", expires_at_ms=agents.now_ms() + 300_000))
        await asyncio.sleep(290)
        assert agents.results() == {}
        await asyncio.sleep(20)
        assert agents.results() == {"Confirm-S0": "EXPIRED"}
        watching.cancel()

    run(scenario())


def test_rows_are_forgotten_some_time_after_their_end() -> None:
    async def scenario() -> None:
        agents = OrderAgents(amazons(*numbered(2)))
        agents.open()
        sweeping = asyncio.create_task(agents.retention.run())
        await agents.accept(command("S0", Refresh()), command("S1", Refresh()))
        await asyncio.sleep(5)
        agents.amazons["S0"].move(Status.CANCELLED)
        await agents.accept(command("S0", Pack()))
        async with agents.shipments.editing(PARTITION, agents.now_ms()) as edit:
            edit.hint("M1", "S0", "CANCELLED")
        await asyncio.sleep(RETENTION_MS / 1000 - 60)
        assert agents.row("S0").final_at_ms is not None
        await asyncio.sleep(120 + SWEEP_EVERY_S)
        assert set(agents.table.held) == {"M1|S1"}
        sweeping.cancel()

    run(scenario())
