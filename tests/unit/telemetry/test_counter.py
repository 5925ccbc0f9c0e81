"""Counters by merchant, as Prometheus reads them while it changes who is shown."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from connector.telemetry.counter import MerchantCounter
from connector.telemetry.shown import CHOSEN_FOR_S, OTHERS, Claim, ShownMerchants, Urgency

MERCHANTS = [f"M{number}" for number in range(12)]
Scrape = dict[tuple[str, ...], float]


class World:
    """Merchants that are counted, and of whom `most` are shown, by how urgent each is."""

    def __init__(self, most: int) -> None:
        self.now_s = 0.0
        self.urgent: dict[str, Urgency] = dict.fromkeys(MERCHANTS, Urgency.NONE)
        self.shown = ShownMerchants(most, clock=lambda: self.now_s)
        self.counter = MerchantCounter("calls", "Calls", ("merchant", "kind"), shown=self.shown)
        self.counted: Counter[tuple[str, ...]] = Counter()
        for merchant_id in MERCHANTS:
            for kind in ("a", "b"):
                self.counter.add(merchant_id, kind, by=0)

    def add(self, merchant_id: str, kind: str) -> None:
        self.counter.add(merchant_id, kind)
        self.counted[merchant_id, kind] += 1

    def scrape(self) -> Scrape:
        claims = {merchant_id: Claim(urgency, 0, True, 0) for merchant_id, urgency in self.urgent.items()}
        return dict(self.counter.told(self.shown.choose(lambda: claims)))


def increase(scrapes: list[Scrape]) -> Counter[str]:
    """Of each kind over all series, as Prometheus has it: from the first sample of each, and a fall is a start anew."""
    total: Counter[str] = Counter()
    for series in {labels for scrape in scrapes for labels in scrape}:
        samples = [scrape[series] for scrape in scrapes if series in scrape]
        for before, after in pairwise(samples):
            total[series[1]] += int(after - before if after >= before else after)
    return total


@pytest.mark.parametrize("seed", range(20))
def test_what_happened_is_counted_once_whoever_is_shown(seed: int) -> None:
    chance, world = random.Random(seed), World(most=4)
    scrapes = [world.scrape()]
    for _ in range(300):
        world.add(chance.choice(MERCHANTS), chance.choice("ab"))
        if chance.random() < 0.3:
            world.urgent[chance.choice(MERCHANTS)] = chance.choice(list(Urgency))
        if chance.random() < 0.3:
            world.now_s += chance.choice([1, CHOSEN_FOR_S])
            scrapes.append(world.scrape())
    scrapes.append(world.scrape())
    happened: Counter[str] = Counter()
    for (_, kind), count in world.counted.items():
        happened[kind] += count
    assert increase(scrapes) == happened
    assert len({merchant_id for scrape in scrapes for merchant_id, _ in scrape}) > 6, "it changed who is shown"
    assert all(len({merchant_id for merchant_id, _ in scrape}) <= 2 * 4 + 1 for scrape in scrapes)


def test_the_others_series_never_fall() -> None:
    chance, world = random.Random(1), World(most=3)
    before = world.scrape()
    for _ in range(100):
        world.add(chance.choice(MERCHANTS), "a")
        world.urgent[chance.choice(MERCHANTS)] = chance.choice(list(Urgency))
        world.now_s += CHOSEN_FOR_S
        now = world.scrape()
        assert now[OTHERS, "a"] >= before[OTHERS, "a"]
        before = now


def test_while_there_is_room_all_are_told_as_they_were_counted() -> None:
    world = World(most=len(MERCHANTS))
    for merchant_id in MERCHANTS:
        world.add(merchant_id, "a")
    assert world.scrape() == dict(world.counter.told(None))
    assert world.scrape()["M3", "a"] == 1


def test_who_asks_for_all_gets_all_that_was_counted_of_each() -> None:
    world = World(most=2)
    for _ in range(3):
        world.add("M7", "a")
    world.urgent["M7"] = Urgency.TROUBLE
    world.now_s += CHOSEN_FOR_S
    assert world.scrape()["M7", "a"] == 0, "what was counted of it before is of the others"
    world.add("M7", "a")
    assert world.scrape()["M7", "a"] == 1
    assert dict(world.counter.told(None))["M7", "a"] == 4
    assert OTHERS not in {merchant_id for (merchant_id, _), _ in world.counter.told(None)}


def test_who_loses_its_place_is_told_once_more_with_what_it_counted_last() -> None:
    world = World(most=2)
    world.scrape()
    world.add("M0", "a")
    world.urgent |= {"M7": Urgency.TROUBLE, "M8": Urgency.TROUBLE}
    world.now_s += CHOSEN_FOR_S
    assert world.scrape()["M0", "a"] == 1
    world.add("M0", "a")
    assert (world.scrape()["M0", "a"], world.scrape()[OTHERS, "a"]) == (1, 1)
    world.now_s += CHOSEN_FOR_S
    assert ("M0", "a") not in world.scrape()
