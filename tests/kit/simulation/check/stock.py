"""Stock: what Amazon must hold in the end, and by which sequence numbers it may have been told (G2)."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from connector.domain.inventory.updates import InventoryUpdate
from tests.kit.simulation.check.evidence import Evidence
from tests.kit.simulation.check.operators import is_left_off_sale, times_off_sale

MOST_POSTINGS = 60
"""Of a SKU by one number, in all of a run."""

Key = tuple[str, str, str]
"""(merchant, Amazon's location, SKU)."""


def missing(evidence: Evidence) -> Iterator[str]:
    """Amazon holds the newest count of every SKU, summed over the OMS's locations; 0 of what is off sale."""
    held = {
        (key.merchant_id, key.location_id, key.sku): stock.posted
        for key, stock in evidence.world.simulator.inventory.stock.items()
        if stock.sequence is not None
    }
    refused = {(r["merchant_id"], r["sku"]) for r in evidence.inventory_results if r["outcome"] == "REFUSED"}
    for key, quantities in _wanted(evidence).items():
        if is_left_off_sale(evidence, key) and evidence.world.second_integrator.posted[key]:
            continue  # no update makes the connector look, and it is told of no other's posts
        last = 0 if is_left_off_sale(evidence, key) else quantities[-1]
        if held.get(key, 0 if last == 0 else None) != last and (key[0], key[2]) not in refused:
            yield f"{key}: Amazon holds {held.get(key)}, it was to be {last}"


def _wanted(evidence: Evidence) -> dict[Key, list[int]]:
    """What was to be posted of each SKU, in the order in which it came to be so."""
    oms = evidence.world.oms
    words: defaultdict[Key, dict[str, InventoryUpdate]] = defaultdict(dict)
    wanted: defaultdict[Key, list[int]] = defaultdict(list)
    for update in oms.updates:
        location_id = HOMES.get(update.location_id)
        if location_id is None:
            continue
        key = (update.merchant_id, location_id, update.sku)
        known = words[key].get(update.location_id)
        if known is None or update.occurred_at_ms >= known.occurred_at_ms:
            words[key][update.location_id] = update
        for left in (words[key], _without_left(words[key])) if key[0] in oms.relocated else (words[key],):
            wanted[key].append(sum(word.quantity for word in left.values()))
    for key in wanted:
        if key[0] in oms.relocated:
            wanted[key].append(sum(word.quantity for word in _without_left(words[key]).values()))
    return wanted


HOMES = {"SELLER_FLEX": "SELLER_FLEX", "EASY_SHIP": "EASY_SHIP", "WH1": "SELF_SHIP", "WH2": "SELF_SHIP"}
"""Amazon's location for each of the OMS's."""


def _without_left(words: dict[str, InventoryUpdate]) -> dict[str, InventoryUpdate]:
    """Of a merchant that has given up WH2."""
    return {place: word for place, word in words.items() if place != "WH2"}


def results_of_updates(evidence: Evidence) -> Iterator[str]:
    """Each update is named by a result, as settled or as overtaken; of what is off sale when it is restored."""
    named = {update_id for r in evidence.inventory_results for update_id in r["superseded_update_ids"]}
    named |= {r["update_id"] for r in evidence.inventory_results}
    for update_id, update in {update.update_id: update for update in evidence.world.oms.updates}.items():
        key = (update.merchant_id, HOMES.get(update.location_id, ""), update.sku)
        if update_id not in named and not is_left_off_sale(evidence, key):
            yield f"{update_id}: no result names it"


def numbers(evidence: Evidence) -> Iterator[str]:
    """From 1, one more for each value, or for the last number of a second integrator, never another value by the same
    number, never back; and only what was to be posted at some time. Units that may have been posted when their stock
    went off sale are not posted for that, so that what follows may come by the number after theirs."""
    wanted = _wanted(evidence)
    for key, postings in evidence.postings.items():
        by_number: dict[int, int] = {}
        highest = 0
        if (most := max(Counter(number for _, number, _ in postings).values())) > MOST_POSTINGS:
            yield f"{key}: posted {most} times by one number"
        for at_s, sequence, quantity in postings:
            if by_number.setdefault(sequence, quantity) != quantity:
                yield f"{key}: number {sequence} carried {by_number[sequence]}, and {quantity} at {at_s:.3f}"
            if sequence < highest:
                yield f"{key}: number {sequence} after {highest} at {at_s:.3f}"
            foreign = [number for posted_s, number in evidence.world.second_integrator.posted[key] if posted_s < at_s]
            left = times_off_sale(evidence, key)
            if sequence > max([highest, *foreign]) + 1 + left and not evidence.odd:
                yield f"{key}: number {sequence} right after {highest} at {at_s:.3f}"
            if quantity not in wanted.get(key, ()) and not (quantity == 0 and times_off_sale(evidence, key)):
                yield f"{key}: posted {quantity} at {at_s:.3f}, which nobody said"
            highest = max(highest, sequence)
