"""A record that waits holds back its key and nothing else; its batch is acked when all of it is applied."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

import pytest
from faust.types import TP

from connector.kafka.engine import held
from connector.kafka.engine.batch import Batch, together
from connector.kafka.engine.held import HeldRecords
from tests.kit.kafka.records import consumed


class Probe:
    """App, consumer and agent in one. Values `wait:x` wait until `x` is in `known`."""

    def __init__(self) -> None:
        self.applied: list[tuple[int, str]] = []
        self.acked: list[int] = []
        self.waits: dict[str, asyncio.Future[None]] = {}
        self.known: set[str] = set()
        self.tasks: list[asyncio.Task[None]] = []
        self.fails = False
        self.runs = 0
        self.concurrent = 0
        self.consumer = self
        self.behind: list[Batch] = []
        self.held = HeldRecords(self, self.apply, self.waits_for)

    def waits_for(self, _: int, record: Any) -> asyncio.Future[None] | None:
        kind, _, name = record.value.decode().partition(":")
        if kind != "wait" or name in self.known:
            return None
        return self.waits.setdefault(name, asyncio.get_running_loop().create_future())

    async def apply(self, partition: int, records: Sequence[Any], batches: Collection[Batch]) -> bool:
        assert batches
        self.concurrent += 1
        self.runs += 1
        assert self.concurrent == 1, "one call at a time"
        await asyncio.sleep(0)
        self.concurrent -= 1
        if self.fails:
            return False
        self.applied += [(partition, record.value.decode()) for record in records]
        return True

    def add_future(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(coroutine))

    def together(self, batch: Batch) -> list[Batch]:
        return [batch, *(later for later in self.behind if not later.taken)]

    def ack(self, batch: Batch) -> bool:
        self.acked.append(batch.end)
        return True

    def batch(self, end: int, *records: tuple[str, str], partition: int = 0) -> Batch:
        """(key, value) each."""
        made = [consumed(value.encode(), key.encode(), partition=partition) for key, value in records]
        batch = Batch(TP("t", partition), made, end, generation_id=1)
        batch.refcount = 1
        return batch

    async def learn(self, name: str) -> None:
        self.known.add(name)
        self.waits.pop(name).set_result(None)
        await settle()

    @property
    def values(self) -> list[str]:
        return [value for _, value in self.applied]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_batch_without_any_is_applied_whole_and_acked() -> None:
    probe = Probe()
    await probe.held.take(probe.batch(2, ("a", "1"), ("b", "2")))
    assert (probe.values, probe.acked) == (["1", "2"], [2])


async def test_it_holds_back_its_key_in_order_and_nothing_else() -> None:
    probe = Probe()
    await probe.held.take(probe.batch(3, ("a", "1"), ("a", "wait:x"), ("b", "2"), ("a", "3")))
    await probe.held.take(probe.batch(6, ("a", "4"), ("b", "5"), ("c", "6")))
    await probe.held.take(probe.batch(7, ("a", "7"), partition=1))
    assert probe.values == ["1", "2", "5", "6", "7"], "the same key elsewhere is another merchant's business"
    assert probe.acked == [7], "nothing is committed past it"
    await probe.learn("x")
    assert probe.values[5:] == ["wait:x", "3", "4"]
    assert sorted(probe.acked) == [3, 6, 7]
    await probe.held.take(probe.batch(8, ("a", "8")))
    assert probe.values[-1] == "8", "nothing is held any more"


async def test_one_that_waits_for_something_else_behind_it() -> None:
    probe = Probe()
    await probe.held.take(probe.batch(1, ("a", "wait:x"), ("a", "wait:y"), ("a", "1"), ("b", "wait:y")))
    await probe.learn("x")
    assert (probe.values, probe.acked) == (["wait:x"], [])
    await probe.learn("y")
    assert sorted(probe.values) == ["1", "wait:x", "wait:y", "wait:y"]
    assert probe.values.index("wait:y") < probe.values.index("1")
    assert probe.acked == [1]


async def test_what_a_rebalance_took_away_is_dropped_and_its_copy_applied() -> None:
    probe = Probe()
    lost = probe.batch(1, ("a", "wait:x"), ("a", "1"))
    await probe.held.take(lost)
    lost.live = False
    await probe.held.take(probe.batch(1, ("a", "wait:x"), ("a", "1")))
    assert probe.values == []
    await probe.learn("x")
    assert (probe.values, probe.acked) == (["wait:x", "1"], [1])


async def test_what_a_rebalance_took_away_for_good_is_let_go() -> None:
    probe = Probe()
    lost = probe.batch(1, ("a", "wait:x"), ("a", "1"))
    await probe.held.take(lost)
    lost.live = False
    await probe.learn("x")
    await asyncio.gather(*probe.tasks)
    assert (probe.values, probe.acked) == ([], [])


async def test_a_batch_that_was_lost_meanwhile_is_not_applied() -> None:
    probe = Probe()
    batch = probe.batch(1, ("a", "1"))
    batch.live = False
    await probe.held.take(batch)
    assert (probe.values, probe.acked) == ([], [])


async def test_what_could_not_be_applied_is_not_acked() -> None:
    probe = Probe()
    probe.fails = True
    await probe.held.take(probe.batch(1, ("a", "wait:x")))
    await probe.learn("x")
    await probe.held.take(probe.batch(2, ("b", "1")))
    assert not probe.acked


async def test_the_records_of_an_applied_batch_are_let_go() -> None:
    """Its batch may have to wait long for an earlier one to be committed."""
    probe = Probe()
    batch = probe.batch(1, ("a", "1"))
    await probe.held.take(batch)
    assert list(batch.value) == []


async def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_HELD_BYTES", 2 * held.RECORD_BYTES)
    probe = Probe()
    await probe.held.take(probe.batch(3, ("a", "wait:x"), ("a", "1"), ("a", "2")))
    taking = asyncio.create_task(probe.held.take(probe.batch(4, ("b", "3"))))
    await settle()
    assert not taking.done()
    await probe.learn("x")
    await taking
    assert probe.values == ["wait:x", "1", "2", "3"]


async def test_what_is_lost_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_HELD_BYTES", held.RECORD_BYTES)
    probe = Probe()
    lost = probe.batch(1, ("a", "wait:x"), ("a", "1"))
    await probe.held.take(lost)
    lost.live = False
    await asyncio.wait_for(probe.held.take(probe.batch(4, ("b", "3"))), 5)
    assert probe.values == ["3"]


async def test_batches_that_wait_are_applied_with_the_one_before_them_and_once() -> None:
    probe = Probe()
    first, *probe.behind = [probe.batch(end, ("k", f"v{end}")) for end in (1, 2, 3)]
    for batch in (first, *probe.behind):
        await probe.held.take(batch)
    assert (probe.values, probe.runs, probe.acked) == (["v1", "v2", "v3"], 1, [1, 2, 3])


async def test_of_batches_that_are_applied_together_each_waits_for_its_own_records() -> None:
    probe = Probe()
    first, *probe.behind = [probe.batch(1, ("k", "v1")), probe.batch(2, ("m", "wait:s")), probe.batch(3, ("k", "v3"))]
    for batch in (first, *probe.behind):
        await probe.held.take(batch)
    assert (probe.values, probe.acked) == (["v1", "v3"], [1, 3])
    await probe.learn("s")
    assert (probe.values, probe.acked) == (["v1", "v3", "wait:s"], [1, 3, 2])


async def test_batches_that_could_not_be_applied_together_are_not_acked() -> None:
    probe = Probe()
    probe.fails = True
    first, *probe.behind = [probe.batch(end, ("k", f"v{end}")) for end in (1, 2)]
    for batch in (first, *probe.behind):
        await probe.held.take(batch)
    assert probe.acked == []


def test_batches_are_taken_together_in_their_order_up_to_so_many_records() -> None:
    before, batch, second, third, fourth = (
        Batch(
            TP("t", 0),
            [consumed(b"v", b"k", offset=end - 2), consumed(b"v", b"k", offset=end - 1)],
            end,
            generation_id=1,
        )
        for end in (2, 4, 6, 8, 10)
    )
    in_flight = [before, batch, second, third, fourth]
    assert together(batch, in_flight, 0) == [batch]
    assert together(batch, in_flight, 7) == [batch, second, third]
    second.taken = True
    assert together(batch, in_flight, 4) == [batch, third]
    assert together(before, in_flight[2:], 7) == [before], "the topic was made anew: these are not what follows it"
