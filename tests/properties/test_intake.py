"""Updates that come together become what they become one by one: the same rows, each SKU's results in their order, and
the same offers to its lane."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.structs import ConsumerRecord
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.agents.inventory.counting import Counting
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.domain.inventory.ledger import MAX_NAMED_SUPERSEDED, LedgerRow, LocationCount, Origin, Phase
from connector.domain.inventory.updates import InventoryUpdate, UpdateVerdict, take_update, take_updates
from connector.domain.listings import Listing, listing_key, listing_record
from connector.kafka.follower import Entries
from connector.kafka.producer import OutRecord
from connector.kafka.topics import DEAD_LETTERS, INVENTORY_RESULTS
from connector.merchants import Merchants
from tests.kit.inventory.agents import NOW_MS, StockAgents, location, merchant
from tests.kit.inventory.rows import sent, settled
from tests.kit.virtual_time import run_virtual

MERCHANTS = ("M1", "M2")
PLACES = ("WH1", "WH2", "EXMF", "NOWHERE")
SKUS = ("EAN-1", "EAN-2", "SKU")
# Few ids, times and offsets: repeats, copies and words at one time are common
UPDATE = st.builds(
    InventoryUpdate,
    st.sampled_from(["", "u-1", "u-2", "u-3", "u-4", "u-5"]),
    st.sampled_from(MERCHANTS),
    st.sampled_from(PLACES),
    st.sampled_from(SKUS),
    st.integers(-1, 3),
    st.integers(NOW_MS, NOW_MS + 3),
    st.integers(0, 12),
)
KEYS = ("M1|EXSB|SKU", "M1|EXMF|SKU", "M2|EXSB|EAN-2")
ROWS = (settled(sent(2)), sent(2), LedgerRow(sequence=7, used_sequence=7))
OFF_SALE = LedgerRow(sequence=1, phase=Phase.SEND, used_sequence=0, zeroed=True)


@dataclass(frozen=True)
class Became:
    """`results`: by merchant, location and SKU. `asked`: of Amazon, then; in what order is the lanes' affair."""

    rows: dict[str, LedgerRow]
    results: dict[tuple[str, ...], list[dict[str, Any]]]
    dead_letters: list[OutRecord]
    asked: list[str]


def listings(marketplace: str, *names: tuple[str, str]) -> Entries:
    """Of M1: what the OMS calls it, and Amazon."""
    return [
        (listing_key("M1", marketplace, client), listing_record(Listing("M1", client, channel, "", marketplace), 0))
        for client, channel in names
    ]


def became(batches: list[list[InventoryUpdate]], held: Mapping[str, LedgerRow]) -> Became:
    """Amazon is asked when all of them are taken, and its first answers are not in."""

    async def run() -> Became:
        places = [location("WH1", "WH2"), location("EXMF", location_id="EXMF")]
        merchants = [merchant(name, locations=places) for name in MERCHANTS]
        agents = StockAgents(*merchants, held=held)
        agents.listings.take(listings(merchants[0].marketplace_id, ("EAN-1", "SKU"), ("SKU", "SKU-2")))
        agents.open()
        for batch in batches:
            await agents.deliver(*(at_its_offset(agents, update) for update in batch))
        sent = list(agents.topics.sent)
        results = defaultdict[tuple[str, ...], list[dict[str, Any]]](list)
        for result in agents.topics.on(INVENTORY_RESULTS):
            results[result["merchant_id"], result["location_id"], result["sku"]].append(result)
        dead_letters = [record for record in sent if record.topic == DEAD_LETTERS.name]
        assert len(dead_letters) + sum(map(len, results.values())) == len(sent)
        rows = dict(agents.table.held)
        agents.answer_s = 60
        await asyncio.sleep(10)
        return Became(rows, results, dead_letters, sorted(repr(request) for _, request in agents.calls))

    return run_virtual(run())


def at_its_offset(agents: StockAgents, update: InventoryUpdate) -> ConsumerRecord[bytes, bytes]:
    record = agents.record(update)
    record.offset = update.offset
    return record


@settings(max_examples=50, deadline=None)
@example([InventoryUpdate(f"u-{sku}", "M1", "WH1", sku, 1, NOW_MS, n) for n, sku in enumerate(("EAN-1", "SKU"))], {})
@example(
    [InventoryUpdate(f"u-{n}", "M1", "WH1", "SKU", n, NOW_MS + at, n) for n, at in enumerate((2, 0, 3, 3, 1), start=1)],
    {},
)
@given(st.lists(UPDATE, max_size=25), st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ROWS)))
def test_a_batch_becomes_what_its_updates_become_one_by_one(
    updates: list[InventoryUpdate], held: dict[str, LedgerRow]
) -> None:
    assert became([updates], held) == became([[update] for update in updates], held)


@given(st.none() | st.sampled_from([*ROWS, OFF_SALE]), st.lists(UPDATE, max_size=8), st.booleans(), st.booleans())
def test_updates_that_overtake_each_other_make_the_row_that_they_make_one_by_one(
    row: LedgerRow | None, updates: list[InventoryUpdate], maybe_sent: bool, zeroed: bool
) -> None:
    def counted(name: str, _: LocationCount) -> bool:
        return name != "NOWHERE"

    terms: Any = {"maybe_sent": maybe_sent, "zeroed": zeroed, "now_ms": NOW_MS}
    one_by_one, together = row, row
    verdicts, ends = list[UpdateVerdict](), list[UpdateVerdict]()
    for update in updates:
        one_by_one, verdict = take_update(one_by_one, update, counted, **terms)
        verdicts.append(verdict)
    while updates:
        together, verdict, taken = take_updates(together, updates, counted, **terms)
        ends += [verdict] * taken
        updates = updates[taken:]
    assert (together, ends) == (one_by_one, verdicts)


@given(
    st.text(max_size=3),
    st.lists(st.text(max_size=3), max_size=MAX_NAMED_SUPERSEDED).map(tuple),
    st.integers(0, 200),
    st.text(max_size=3),
)
def test_one_update_overtakes_as_a_value_of_its_own_would(
    update_id: str, named: tuple[str, ...], count: int, newer: str
) -> None:
    origin = Origin(update_id, 7, named, count)
    assert origin.overtaken_by(newer) == origin.merged_into(Origin(newer, origin.since_ms))


def test_the_hundredth_that_is_overtaken_is_named_and_no_more() -> None:
    origin = Origin("u", 7, ("n",) * (MAX_NAMED_SUPERSEDED - 1), 150)
    for newer in ("v", "w"):
        assert origin.overtaken_by(newer) == origin.merged_into(Origin(newer, 7))
        origin = origin.overtaken_by(newer)
    assert len(origin.superseded_update_ids) == MAX_NAMED_SUPERSEDED


@example(listed=[("EAN-1", "SKU"), ("SKU", "SKU-2")], said="EAN-1", place="WH1", of="SKU")
@given(
    listed=st.lists(st.tuples(st.sampled_from(SKUS), st.sampled_from(["SKU", "SKU-2"])), max_size=4),
    said=st.sampled_from(SKUS),
    place=st.sampled_from(PLACES),
    of=st.sampled_from(["", *SKUS]),
)
def test_a_name_that_is_known_to_mean_the_sku_counts_as_the_listings_have_it(
    listed: list[tuple[str, str]], said: str, place: str, of: str
) -> None:
    here, read = merchant(), Listings()
    read.take(listings(here.marketplace_id, *listed))
    known = KnownMerchants(lambda: Merchants({"M1": here}))
    there = Counting(known, read, lambda *_: False).at(here, here.locations[0])
    sku, means = there.channel_sku(said), there.channel_sku(of)
    counts = place in ("WH1", "WH2") and (not of or means == sku)
    assert there.counted(sku, said)(place, LocationCount(1, NOW_MS, "u", 0, of)) is counts
