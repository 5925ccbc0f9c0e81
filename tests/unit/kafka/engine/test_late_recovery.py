"""A recovery at a bad moment: the group joins anew already, the broker does not know its log yet, or lost it."""

import asyncio
from pathlib import Path

import pytest
from faust.tables.recovery import RebalanceAgain
from faust.types import TP

from connector.errors import ConnectorError
from connector.kafka.engine.app import BatchApp
from connector.kafka.engine.batch import BatchSchema
from connector.tables.durable import DurableTable
from connector.tables.table import TableSpec
from tests.kit.kafka.batch_apps import Value
from tests.kit.kafka.records import consumed


class JustStarted:
    """A broker that knows no log's beginning yet."""

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, -1)


class NothingInFlight:
    async def settle(self, grace_s: float) -> None:
        """At once."""


async def test_partitions_that_were_given_up_meanwhile_are_not_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    monkeypatch.setattr(app, "_consumer", NothingInFlight())
    announced: list[frozenset[int]] = []

    async def note(partitions: frozenset[int]) -> None:
        announced.append(partitions)

    async def assign() -> None:
        await app.tables.recovery.on_rebalance(set(), set(), set(), app.consumer_generation_id)

    async def recovery_ends() -> int:
        app.on_rebalance_end()
        await asyncio.sleep(0.01)
        return len(announced)

    app.on_ready(note)
    await assign()
    assert await recovery_ends() == 0, "another recovery is to begin"
    app.tables.recovery.signal_recovery_start.clear()  # as the one that begins does
    assert await recovery_ends() == 1
    await app.give_up_partitions()
    assert await recovery_ends() == 1, "they were given up"
    await assign()
    app.tables.recovery.signal_recovery_start.clear()
    assert await recovery_ends() == 2


async def test_a_log_whose_beginning_is_not_known_yet_is_read_from_the_first_offset(tmp_path: Path) -> None:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    tp = TP("t-values-changelog", 0)
    offsets: dict[TP, int | None] = {tp: None}
    await app.tables.recovery._build_offsets(JustStarted(), {tp}, offsets, "standby")
    assert offsets[tp] == -1


class Seeking:
    """As aiokafka's: it takes no offset that is not there."""

    def __init__(self) -> None:
        self.sought: list[dict[TP, int]] = []

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        if any(offset is None for offset in offsets.values()):
            raise ValueError("Offset must be a positive integer")
        self.sought.append(offsets)


async def test_a_rebalance_that_comes_amid_a_recovery_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its partitions stand where those of the recovery stood, and their offsets are not known yet."""
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    DurableTable(app, TableSpec(name="values", row_type=Value), nothing_written, partitions=2, schema=BatchSchema())
    tp, recovery, consumer = TP("t-values-changelog", 0), app.tables.recovery, Seeking()
    monkeypatch.setitem(app.tables._changelogs, tp.topic, *app.tables.values())
    monkeypatch.setattr(app.assignor, "assigned_standbys", lambda: {tp})
    standby = (consumer, recovery.standby_tps, recovery.standby_offsets, "standby")
    await recovery.on_rebalance(set(), set(), set(), app.consumer_generation_id)
    assert recovery.standby_offsets[tp] is None
    with pytest.raises(RebalanceAgain):
        await recovery._seek_offsets(*standby)
    recovery.signal_recovery_start.clear()  # as the one that begins does
    await recovery._build_offsets(EmptyLog(), recovery.standby_tps, recovery.standby_offsets, "standby")
    await recovery._seek_offsets(*standby)
    assert consumer.sought == [{tp: 0}]


async def nothing_written(*_: object) -> int:
    raise AssertionError


class EmptyLog:
    """A changelog that was made anew."""

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 0)


async def test_a_changelog_that_was_missing_for_a_moment_and_is_given_back_empty_is_lost_state(tmp_path: Path) -> None:
    """The group gives up what its metadata lacks, and assigns it again when it is there."""
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    table = DurableTable(
        app, TableSpec(name="values", row_type=Value), nothing_written, partitions=2, schema=BatchSchema()
    )
    tp, recovery = TP("t-values-changelog", 0), app.tables.recovery
    offsets: dict[TP, int | None] = {tp: None}
    await table.hold(frozenset({0}))
    recovery.active_highwaters[tp] = -1
    await recovery._build_offsets(EmptyLog(), {tp}, offsets, "active")  # a first start: nothing was known
    await table.replay(0, [consumed(b'{"text":"old"}', b"k", topic=tp.topic)], 30)
    await table.hold(frozenset())
    await table.hold(frozenset({0}))
    ending = asyncio.create_task(app.wait_for_end())
    building = asyncio.create_task(recovery._build_offsets(EmptyLog(), {tp}, {tp: None}, "active"))
    await asyncio.wait({ending, building}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    building.cancel()
    with pytest.raises(ConnectorError, match="ends at -1, though 30 was written before"):
        await asyncio.wait_for(ending, 1)


async def test_what_a_rebalance_brings_back_amid_a_recovery_is_not_taken_for_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = BatchApp("t", broker="kafka://localhost:1", datadir=tmp_path, web_enabled=False)
    table = DurableTable(
        app, TableSpec(name="values", row_type=Value), nothing_written, partitions=2, schema=BatchSchema()
    )
    back, recovery = TP("t-values-changelog", 0), app.tables.recovery
    await table.hold(frozenset({0}))
    await table.replay(0, [consumed(b'{"text":"old"}', b"k", topic=back.topic)], 30)
    await table.hold(frozenset())
    monkeypatch.setitem(app.tables._changelogs, back.topic, *app.tables.values())
    monkeypatch.setattr(app.assignor, "assigned_actives", lambda: {back})

    class Rebalanced:
        """While the recovery of other partitions asks for their offsets."""

        async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
            await recovery.on_rebalance(set(), set(), set(), app.consumer_generation_id)
            return dict.fromkeys(tps, 0)

    with pytest.raises(RebalanceAgain):
        await asyncio.wait_for(
            recovery._build_offsets(Rebalanced(), recovery.active_tps, recovery.active_offsets, "active"), 5
        )
    assert not app.should_stop
