"""Rows are forgotten some time after they are final, by internal commands, and only if they still are."""

import pytest

from connector.agents.issuer import KEYS_PER_COMMAND, Issuer
from connector.agents.retention import DocumentRetention, Kept, Retention
from connector.documents.store import DocumentStore
from connector.domain.internal_commands import ForgetRows
from connector.kafka.topics import DAY_MS, INTERNAL_COMMANDS
from connector.tables.seen import SEEN, SeenRow
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.documents import Place

KEEP_MS = 1000
OLD, NEW = (f"M1/invoice/S1/{digit * 64}.pdf" for digit in "01")
ARCHIVED = f"archive/M1/connector.api-calls/day=1970-01-01/merchant_id=M1/part-{'0' * 32}.parquet"


class World:
    """`now_ms`: the time. One partition, which is owned."""

    def __init__(self, **at_ms: int) -> None:
        self.now_ms = 10_000
        self.topics = MemoryTopics()
        rows = {f"M1|{key}": SeenRow(at) for key, at in at_ms.items()}
        self.table = MemoryTable(rows, lambda row: row.at_ms)
        issuer = Issuer(self.topics.outbox(), worker="w", now_ms=lambda: self.now_ms, new_id=lambda: "id")
        self.retention = Retention({SEEN.name: Kept(self.table, KEEP_MS)}, issuer, lambda: [0])

    def issued(self) -> list[ForgetRows]:
        told = [record["action"] for record in self.topics.on(INTERNAL_COMMANDS)]
        return [ForgetRows(fields["table"], tuple(fields["keys"])) for _, fields in told]

    async def carry_out(self) -> None:
        for command in self.issued():
            await self.retention.forget(0, command.table, command.keys, self.now_ms)


async def test_only_what_is_final_for_long_enough_goes() -> None:
    world = World(old=8_999, young=9_000)
    await world.retention.sweep()
    assert world.issued() == [ForgetRows(SEEN.name, ("M1|old",))]
    assert set(world.table.held) == {"M1|old", "M1|young"}, "only the agent writes"
    await world.carry_out()
    assert set(world.table.held) == {"M1|young"}


async def test_a_row_that_came_to_life_again_stays() -> None:
    world = World(old=1)
    await world.retention.sweep()
    world.table.held["M1|old"] = SeenRow(10_000)
    await world.carry_out()
    assert set(world.table.held) == {"M1|old"}


async def test_commands_are_bounded_and_of_one_merchant() -> None:
    world = World(**{f"n{number}": 1 for number in range(KEYS_PER_COMMAND + 1)})
    world.table.held["M2|x"] = SeenRow(1)
    await world.retention.sweep()
    assert [len(command.keys) for command in world.issued()] == [KEYS_PER_COMMAND, 1, 1]
    assert [record["merchant_id"] for record in world.topics.on(INTERNAL_COMMANDS)] == ["M1", "M1", "M2"]
    await world.carry_out()
    assert not world.table.held


async def test_a_table_of_another_version_is_left_alone() -> None:
    world = World(old=1)
    await world.retention.forget(0, "no such table", ["M1|old"], 10_000)
    assert set(world.table.held) == {"M1|old"}


@pytest.mark.parametrize(("owned", "left"), [({0, 3}, {NEW, ARCHIVED}), ({3}, {OLD, NEW, ARCHIVED})])
async def test_documents_whose_time_is_over_go_by_the_worker_that_has_the_first_partition(
    owned: set[int], left: set[str]
) -> None:
    place = Place()
    place.written_ms = {OLD: DAY_MS - 1, NEW: DAY_MS, ARCHIVED: 0}  # the archive is kept longer than documents
    sweep = DocumentRetention(DocumentStore(place), 30 * DAY_MS, owned=lambda: owned, now_ms=lambda: 31 * DAY_MS)
    await sweep.sweep()
    assert set(place.written_ms) == left


async def test_a_store_that_is_away_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    place = Place(failures=1)
    place.written_ms = {OLD: 0}
    sweep = DocumentRetention(DocumentStore(place), 1, owned=lambda: {0}, now_ms=lambda: 10)
    await sweep.sweep()
    assert "CONNECTOR_DOCUMENTS__URL" in caplog.text
    await sweep.sweep()
    assert place.written_ms == {}
