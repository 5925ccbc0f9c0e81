"""A recovery at a bad moment: it ends when the group joins anew already, or begins before the broker knows its log."""

import asyncio
from pathlib import Path

import pytest
from faust.types import TP

from connector.kafka.engine.app import BatchApp


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
