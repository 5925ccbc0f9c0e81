"""Merchants arrive and leave without the loop standing still, and one of them changes at its own expense."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from connector.agents.merchants.owned import MerchantPart, OwnedMerchants
from connector.event_loop import TURN_S
from connector.kafka.homes import home_partition
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant
from connector.merchants_file import MerchantsFile
from tests.kit.flows.world import Seller
from tests.kit.lanes import lane_in, terms_of
from tests.kit.ticks import counted_ticks

PARTITIONS = 4


def toml(merchants: Iterable[str]) -> str:
    return "".join(Seller(merchant_id).toml() for merchant_id in merchants)


class Part:
    """Takes `piece_s` for each of a merchant's `pieces`."""

    def __init__(self, pieces: int = 3, piece_s: float = 0.0) -> None:
        self.opened: list[tuple[str, int]] = []
        self.closed = 0
        self._pieces, self._piece_s = pieces, piece_s

    def open(self, merchant: Merchant, partition: int) -> Iterator[None]:
        for _ in range(self._pieces):
            time.sleep(self._piece_s)
            yield
        self.opened.append((merchant.merchant_id, partition))

    def close(self) -> None:
        self.closed += 1


class World:
    def __init__(self, directory: Path, merchants: list[str], part: Part) -> None:
        self._path = directory / "merchants.toml"
        self._path.write_text(toml(merchants))
        self._file = MerchantsFile(self._path)
        self.lanes = Lanes(terms_of(time.monotonic), lambda _: None)
        parts = [MerchantPart(part.open, part.close)]
        self.owned = OwnedMerchants(
            self._file,
            paused=lambda _: False,
            lanes=self.lanes,
            partitions=PARTITIONS,
            parts=parts,
            grace_s=0.1,
        )

    def write(self, *merchants: str) -> None:
        """A new version of the file, which is read at once."""
        self._path.write_text(toml(merchants))
        assert self._file.poll() is not None


IDS = [f"M{n}" for n in range(40)]


def home(merchant_id: str) -> int:
    return home_partition(merchant_id.encode(), PARTITIONS)


async def test_the_merchants_of_the_partitions_are_opened_and_no_others(tmp_path: Path) -> None:
    part = Part()
    world = World(tmp_path, IDS, part)
    await world.owned.arrive(frozenset({1, 3}))
    assert part.opened == [(one, home(one)) for one in IDS if home(one) in (1, 3)]
    await world.owned.leave()
    assert part.closed == 1


async def test_a_change_of_one_merchant_opens_that_one(tmp_path: Path) -> None:
    part = Part()
    world = World(tmp_path, IDS, part)
    await world.owned.arrive(frozenset(range(PARTITIONS)))
    part.opened.clear()
    await world.owned.reopen("M7")
    assert part.opened == [("M7", home("M7"))]


@pytest.mark.parametrize(("merchants", "pieces"), [(40, 5), (1, 200)])
async def test_others_have_the_loop_while_merchants_are_opened(tmp_path: Path, merchants: int, pieces: int) -> None:
    """However many merchants there are, and however much one of them has."""
    world = World(tmp_path, IDS[:merchants], Part(pieces, piece_s=TURN_S / 20))
    async with counted_ticks() as ticks:
        await world.owned.arrive(frozenset(range(PARTITIONS)))
    assert len(ticks) >= 5


async def test_others_have_the_loop_while_thousands_of_lanes_are_closed(tmp_path: Path) -> None:
    world = World(tmp_path, IDS, Part())
    for number in range(2000):
        lane_in(world.lanes, "M1", f"operation {number}", lambda _: None)
    await asyncio.sleep(0)
    async with counted_ticks() as ticks:
        await world.owned.leave()
    assert len(ticks) >= 8
    assert list(world.lanes) == []


async def test_only_the_home_of_a_removed_merchant_hears_of_it(tmp_path: Path) -> None:
    """Nothing of it is to stand for ever."""
    world, removed = World(tmp_path, ["M1", "M2"], Part()), list[str]()
    world.owned.on_removed = removed.append
    await world.owned.arrive(frozenset(range(PARTITIONS)))
    await world.owned.reopen("M2")
    assert removed == [], "it was only edited"
    world.write("M1")
    await world.owned.reopen("M2")
    assert removed == ["M2"]
    await world.owned.leave()
    await world.owned.reopen("M2")
    assert removed == ["M2"], "another worker's"
