"""Strange answers, ids and times for stock, each on its own SKU, while the others go on; on a real broker."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from connector.domain.inventory.updates import InventoryUpdate
from tests.kit.cases import read_case
from tests.kit.flows.commands import done
from tests.kit.flows.odd_amazon import AskedItem, HttpAnswer, OddAmazon, case_answer, running_odd_amazon
from tests.kit.flows.stock import A, alerts_of, results_of, said, start_worker_with, stock_seller
from tests.kit.flows.world import NewWorld, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
def amazon() -> Iterator[OddAmazon]:
    with running_odd_amazon() as amazon:
        yield amazon


def word(sku: str, quantity: int, update_id: str = "", at_ms: int = 0) -> InventoryUpdate:
    return InventoryUpdate(update_id or f"u-{sku}-{quantity}", A, "WH2", sku, quantity, at_ms or wall_ms() - 1000)


def renamed(name: str, sku: str) -> HttpAnswer:
    """A case's answer for a SKU of this test."""
    case = json.loads(json.dumps(read_case(f"amazon/{name}")).replace('"SKU-1"', f'"{sku}"'))
    if "body" in case:
        case["body"]["responses"] = case["body"]["responses"][:1]
    return case_answer(case)


def always(answer: HttpAnswer) -> Callable[[AskedItem], HttpAnswer]:
    return lambda _: answer


def test_strange_answers_park_their_sku_alone(new_world: NewWorld, amazon: OddAmazon) -> None:
    world = new_world([stock_seller()])
    for name in ("level-without-number", "answer-for-another-sku", "item-403"):
        amazon.odd[name] = always(renamed(name, name))
    worker = start_worker_with(world, amazon)
    skus = list(amazon.odd)
    world.produce([word(sku, 5) for sku in (*skus, *(f"fresh-{number}" for number in range(30)))])
    for number in range(30):
        sku = f"fresh-{number}"
        eventually(f"{sku} goes on", partial(results_of, world, sku))
    for sku in skus:
        (alert,) = eventually(f"{sku} is parked", partial(alerts_of, world, sku), 120)
        assert (alert["kind"], alert["merchant_id"], alert["ended_at"]) == ("SKU_PARKED", A, None)
        assert len(amazon.of(sku)) == 5
        assert set(amazon.sent(sku)) == {(1, 5)}
        assert results_of(world, sku) == []
    assert amazon.of("level-without-number")[1].sent is None, "it is fetched"
    assert worker.running
    listed = done(world, "alerts", "list", "--merchant", A, "--json").json
    assert sorted(alert["subject"] for alert in listed) == sorted(skus)
    told = done(world, "alerts", "list", "--kind", "SKU_PARKED").out
    assert "no access to this SKU" not in told, "Amazon's own words may quote anything"
    amazon.odd.clear()
    done(world, "alerts", "retry", "--kind", "SKU_PARKED")
    for sku in skus:
        (result,) = eventually(f"{sku} is freed", partial(results_of, world, sku))
        assert (result["outcome"], result["sequence"], result["quantity"]) == ("ACCEPTED", 1, 5)
        assert [alert["ended_at"] is None for alert in alerts_of(world, sku)] == [True, False]
    assert done(world, "alerts", "list", "--json").json == []


def test_a_gateways_page_is_no_word_of_amazons(new_world: NewWorld, amazon: OddAmazon) -> None:
    world = new_world([stock_seller()])
    pages = [renamed("html-400", "SKU-1")]
    amazon.odd["SKU-1"] = lambda _: pages.pop() if pages else HttpAnswer(503, {}, b"")
    start_worker_with(world, amazon)
    world.produce([word("SKU-1", 0)])
    eventually("it is sent again", lambda: len(amazon.of("SKU-1")) > 1)
    amazon.odd.clear()
    (result,) = eventually("it is taken", lambda: results_of(world, "SKU-1"), 120)
    assert (result["outcome"], result["quantity"], result["sequence"]) == ("ACCEPTED", 0, 1)
    assert {item.sent for item in amazon.asked} == {(1, 0)}, "no fetch, no other number"


def test_one_id_for_two_words_and_a_refusal_in_between(new_world: NewWorld, amazon: OddAmazon) -> None:
    world = new_world([stock_seller()])
    start_worker_with(world, amazon)
    first, second = said("same-id-newer-quantity")
    other = [
        InventoryUpdate(u.update_id, u.merchant_id, u.location_id, "SKU-2", u.quantity, u.occurred_at_ms)
        for u in said("result-after-refusal")
    ]
    world.produce([first, other[0]])
    eventually("the first are taken", lambda: results_of(world, "SKU-1") and results_of(world, "SKU-2"))
    refusal = read_case("timelines/result-after-refusal")["steps"][2]
    amazon.odd["SKU-2"] = lambda _: renamed_refusal(refusal)
    world.produce([second, other[1]])
    eventually("seven are refused", lambda: len(results_of(world, "SKU-2")) == 2)
    world.produce([other[2]])
    eventually("five are what Amazon has", lambda: len(results_of(world, "SKU-2")) == 3)
    world.produce([other[2]])
    told = eventually("it is said again", lambda: found if len(found := results_of(world, "SKU-2")) == 4 else None)
    assert [(one["update_id"], one["outcome"], one["quantity"], one["sequence"]) for one in told] == [
        ("u-1", "ACCEPTED", 5, 1),
        ("u-2", "REFUSED", 7, 2),
        ("u-3", "ACCEPTED", 5, 1),
        ("u-3", "ACCEPTED", 5, 1),
    ]
    assert told[2]["result_id"] == told[3]["result_id"]
    one, two = eventually("both words", lambda: found if len(found := results_of(world, "SKU-1")) == 2 else None)
    assert amazon.sent("SKU-1") == [(1, 5), (2, 0)]
    assert (one["quantity"], two["quantity"], one["update_id"], two["update_id"]) == (5, 0, "job-17", "job-17")
    assert one["result_id"] != two["result_id"]


def renamed_refusal(step: object) -> HttpAnswer:
    return case_answer(json.loads(json.dumps(step).replace('"SKU-1"', '"SKU-2"')))


def test_a_forced_seed_does_not_take_a_number_that_is_on_its_way(new_world: NewWorld, amazon: OddAmazon) -> None:
    world = new_world([stock_seller()])
    start_worker_with(world, amazon)
    first, second = said("forced-seed-in-flight")
    amazon.held.add("SKU-1")
    world.produce([first])
    eventually("the call is under way", lambda: amazon.sent("SKU-1") == [(1, 5)])
    world.produce([second])
    seeds = world.directory / "seeds.csv"
    seeds.write_text("merchant,location,sku,sequence\n" + f"{A},EXMF,SKU-1,0\n")
    eventually("the ledger has it", lambda: done(world, "ledger", "export", "--json").json)
    done(world, "ledger", "seed", str(seeds), "--force", "--wait-s", "30")
    amazon.release("SKU-1")
    eventually("zero is at Amazon", lambda: amazon.units("SKU-1", "EXMF") == 0)
    assert set(amazon.sent("SKU-1")) == {(1, 5), (2, 0)}
    eventually("both are told", lambda: {one["update_id"] for one in results_of(world, "SKU-1")} == {"u-1", "u-2"})
