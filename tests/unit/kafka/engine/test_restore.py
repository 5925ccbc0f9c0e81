"""A recovery that begins where a snapshot stood, and what may come between."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
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

TPS = TP("t-values-changelog", 0), TP("t-values-changelog", 1)


class OfSomeAge:
    """A changelog whose first records were deleted."""

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 7)


async def nothing_written(*_: object) -> int:
    raise AssertionError


Restore = Callable[[int, int, int], Awaitable[int | None]]


class Place:
    """A recovery of both partitions, whose logs end at 100."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, restore: Restore) -> None:
        self.app = BatchApp(
            "t", broker="kafka://localhost:1", datadir=directory, web_enabled=False, broker_request_timeout=61
        )
        spec = TableSpec(name="values", row_type=Value)
        table = DurableTable(self.app, spec, nothing_written, partitions=2, schema=BatchSchema())
        monkeypatch.setattr(table, "restore", restore)
        self.recovery = self.app.tables.recovery
        self.offsets: dict[TP, int | None] = dict.fromkeys(TPS)
        for tp in TPS:
            self.recovery.active_highwaters[tp] = 100

    async def build(self, title: str = "active") -> dict[TP, int | None]:
        await self.recovery._build_offsets(OfSomeAge(), set(self.offsets), self.offsets, title)
        return self.offsets


async def test_what_a_snapshot_has_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, int]] = []

    async def restore(*bounds: int) -> int | None:
        asked.append((bounds[0], bounds[1], bounds[2]))
        return 60 if bounds[0] == 0 else None

    place = Place(tmp_path, monkeypatch, restore)
    assert await place.build() == {TPS[0]: 60, TPS[1]: 6}, "before the first that there is"
    assert sorted(asked) == [(0, 7, 100), (1, 7, 100)]
    asked.clear()
    await place.build()
    assert asked == [], "what is known needs none"


async def test_standbys_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def restore(*_: int) -> int:
        raise AssertionError

    assert await Place(tmp_path, monkeypatch, restore).build("standby") == dict.fromkeys(TPS, 6)


async def test_a_rebalance_while_one_is_read_begins_another_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def restore(*_: int) -> int:
        place.recovery.signal_recovery_start.set()
        return 60

    place = Place(tmp_path, monkeypatch, restore)
    with pytest.raises(RebalanceAgain):
        await place.build()
    assert place.offsets == dict.fromkeys(TPS), "they are of the next one's partitions by now"


async def test_ends_that_a_rebalance_forgot_are_no_reason_to_take_rows_for_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def restore(*_: int) -> int:
        raise AssertionError

    class Rebalanced(OfSomeAge):
        async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
            place.recovery.active_highwaters.clear()
            place.recovery.signal_recovery_start.set()
            return await super().earliest_offsets(*tps)

    place = Place(tmp_path, monkeypatch, restore)
    with pytest.raises(RebalanceAgain):
        await place.recovery._build_offsets(Rebalanced(), set(TPS), place.offsets, "active")


async def test_a_disk_that_is_too_slow_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def restore(*_: int) -> int:
        await asyncio.Event().wait()
        raise AssertionError

    place = Place(tmp_path, monkeypatch, restore)
    place.app.conf.broker_request_timeout = 0.1
    assert await asyncio.wait_for(place.build(), 10) == dict.fromkeys(TPS, 6)
    assert "the disk is too slow" in caplog.text


async def test_what_an_operator_must_do_first_ends_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def restore(*_: int) -> int:
        raise ConnectorError("remove the file")

    place = Place(tmp_path, monkeypatch, restore)
    building, ending = asyncio.create_task(place.build()), asyncio.create_task(place.app.wait_for_end())
    done, _ = await asyncio.wait({building, ending}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    building.cancel()
    assert done == {ending}
    with pytest.raises(ConnectorError, match="remove the file"):
        await ending


async def test_the_collector_looks_seldom_while_records_pour_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def restore(*_: int) -> None:
        return None

    usual, recovery = gc.get_threshold(), Place(tmp_path, monkeypatch, restore).recovery
    recovery._set_recovery_started()
    assert gc.get_threshold() == (50_000, *usual[1:])
    recovery._set_recovery_ended()
    assert gc.get_threshold() == usual
