"""A batch is applied, or the worker ends, or the batch is somebody else's: nothing is acked that was not applied."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import SimpleNamespace

import pytest
from faust.types import TP

from connector.errors import ConnectorError, PartitionLost
from connector.kafka.engine.agent import apply_records
from connector.kafka.engine.batch import Batch
from connector.kafka.engine.lease import Lease


class App:
    """As much of a BatchApp as an agent sees, with a clock of its own; each look at it takes a second."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.lease = Lease(self._look)
        self.lease.renew(0.0)
        self.ready = asyncio.Event()
        self.ready.set()
        self.should_stop = False
        self.conf = SimpleNamespace(id="app")
        self.consumer = self
        self.begun: list[Batch] = []
        self.reasons: list[ConnectorError] = []
        self.crashes: list[Exception] = []

    def _look(self) -> float:
        self.now_s += 1
        return self.now_s

    def lease_age_s(self) -> float:
        return self.lease.age_s()

    def begin(self, batches: Iterable[Batch]) -> None:
        self.begun.extend(batches)

    def end(self, what: Iterable[Batch] | ConnectorError) -> None:
        """Of the consumer, and of the app."""
        if isinstance(what, ConnectorError):
            self.reasons.append(what)
            self.should_stop = True
        else:
            self.begun = [batch for batch in self.begun if batch not in what]

    async def crash(self, fault: Exception) -> None:
        self.crashes.append(fault)


class Applying:
    """Raises these faults, one at each call; then all is well."""

    def __init__(self, app: App, batch: Batch, *faults: Exception, then: Callable[[], None] = lambda: None) -> None:
        self.calls = 0
        self._app, self._batch, self._faults, self._then = app, batch, list(faults), then

    async def __call__(self) -> None:
        self.calls += 1
        assert self._app.begun == [self._batch], "who gives up partitions waits for it"
        if self._faults:
            self._then()
            raise self._faults.pop(0)


def a_batch() -> Batch:
    return Batch(TP("t", 0), [], 1, generation_id=1)


async def within(awaited: Awaitable[bool]) -> bool:
    async with asyncio.timeout(5):
        return await awaited


async def test_a_batch_is_applied() -> None:
    app, batch = App(), a_batch()
    assert await within(apply_records(app, Applying(app, batch), {batch}))
    assert not app.begun


async def test_what_nobody_foresaw_crashes_the_worker() -> None:
    app, batch = App(), a_batch()
    with pytest.raises(ValueError, match="surprise"):
        await within(apply_records(app, Applying(app, batch, ValueError("surprise")), {batch}))
    assert [str(fault) for fault in app.crashes] == ["surprise"]
    assert not app.begun


async def test_of_a_partition_that_was_given_up_it_does_not() -> None:
    app, batch = App(), a_batch()
    applying = Applying(app, batch, ValueError("surprise"), then=lambda: setattr(batch, "live", False))
    assert not await within(apply_records(app, applying, {batch}))
    assert not app.crashes


async def test_a_refusal_that_an_operator_can_mend_ends_the_worker_by_its_own_words() -> None:
    app, batch = App(), a_batch()
    assert not await within(apply_records(app, Applying(app, batch, ConnectorError("refused")), {batch}))
    assert [str(reason) for reason in app.reasons] == ["refused"]
    assert not app.crashes


async def test_a_lost_partition_is_tried_once_more_when_the_group_counts_on_the_worker_still() -> None:
    app, batch = App(), a_batch()
    applying = Applying(app, batch, PartitionLost("lost"))
    applied = asyncio.create_task(apply_records(app, applying, {batch}))
    await asyncio.sleep(0)
    assert (applying.calls, app.begun) == (1, []), "nobody waits for a batch that waits for the group"
    app.lease.renew(app.now_s)  # confirmed, and sent after the loss
    assert await within(applied)
    assert applying.calls == 2


async def test_twice_lost_ends_the_worker() -> None:
    app, batch = App(), a_batch()
    applying = Applying(app, batch, *[PartitionLost("lost")] * 2)
    applied = asyncio.create_task(apply_records(app, applying, {batch}))
    await asyncio.sleep(0)
    app.lease.renew(app.now_s)
    assert not await within(applied)
    assert "does another app run as app" in str(app.reasons[0])


async def test_nothing_is_applied_before_the_partitions_are_ready() -> None:
    app, batch = App(), a_batch()
    app.ready.clear()
    applying = Applying(app, batch)
    applied = asyncio.create_task(apply_records(app, applying, {batch}))
    await asyncio.sleep(0)
    assert applying.calls == 0
    app.ready.set()
    assert await within(applied)


@pytest.mark.parametrize("gone", ["given up", "stopping"])
async def test_what_is_gone_before_it_is_ready_is_left_alone(gone: str) -> None:
    app, batch = App(), a_batch()
    app.ready.clear()
    applying = Applying(app, batch)
    applied = asyncio.create_task(apply_records(app, applying, {batch}))
    await asyncio.sleep(0)
    if gone == "stopping":
        app.should_stop = True
    else:
        batch.live = False
    assert not await within(applied)
    assert applying.calls == 0
