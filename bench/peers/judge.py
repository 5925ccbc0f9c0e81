"""What the calls of a run came to, by the server's own record of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.peers.amazon import Call
from bench.stamping import breaches

Sku = tuple[str, str]
"""Of a merchant."""


@dataclass(frozen=True)
class Outcome:
    """`first_s`, `took_s`: to the first and to the last call. `most`: calls of one merchant within any second.

    `repeated`: calls of an update that had been sent before. `lost`: SKUs whose newest quantity was never sent.
    `wrong`: SKUs of which Amazon has another one in the end. `reused`: numbers of a SKU that were sent with another
    quantity too. `stood_still_s`: the longest time from a call to the next.
    """

    calls: int
    first_s: float
    took_s: float
    breaches: int
    most: int
    repeated: int
    reused: int
    lost: int
    wrong: int
    stood_still_s: float


def levels(calls: Sequence[Call]) -> dict[Sku, int]:
    """The quantity that Amazon has of each SKU: the one under its highest number, where that came first."""
    numbers: dict[Sku, int] = {}
    found: dict[Sku, int] = {}
    for call in calls:
        if call.sku is not None and call.number > numbers.get((call.merchant_id, call.sku), 0):
            numbers[call.merchant_id, call.sku] = call.number
            found[call.merchant_id, call.sku] = call.quantity
    return found


def judge(calls: Sequence[Call], wanted: Mapping[Sku, int], began: float, limit_per_s: int) -> Outcome:
    """`wanted`: the newest quantity of each SKU, of which no two updates had the same. `began`: when the job was."""
    arrivals: dict[str, list[float]] = defaultdict(list)
    sent: dict[Sku, list[tuple[int, int]]] = defaultdict(list)
    for call in calls:
        arrivals[call.merchant_id].append(call.at)
        if call.sku is not None:
            sent[call.merchant_id, call.sku].append((call.number, call.quantity))
    at_amazon = levels(calls)
    times = [call.at for call in calls]
    return Outcome(
        calls=len(calls),
        first_s=times[0] - began,
        took_s=times[-1] - began,
        breaches=sum(breaches(each, limit_per_s) for each in arrivals.values()),
        most=max(map(_most_in_a_second, arrivals.values())),
        repeated=sum(len(pairs) - len({quantity for _, quantity in pairs}) for pairs in sent.values()),
        reused=sum(len(set(pairs)) - len({number for number, _ in pairs}) for pairs in sent.values()),
        lost=sum(quantity not in {sent_one for _, sent_one in sent[sku]} for sku, quantity in wanted.items()),
        wrong=sum(at_amazon.get(sku) != quantity for sku, quantity in wanted.items()),
        stood_still_s=max((later - at for at, later in pairwise(times)), default=0.0),
    )


def _most_in_a_second(times: Sequence[float]) -> int:
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
