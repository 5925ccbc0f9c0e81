"""Rows come back from the changelog as they were: deleted ones stay deleted, gaps hold up nothing, standbys keep up."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from connector.tables.durable import DurableTable
from tests.kit.kafka.batch_apps import Value, becomes, changelog_of, running_probe
from tests.kit.kafka.broker import Broker, eventually, unique

pytestmark = pytest.mark.kafka

COMPACT_AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": "100",
}


def value(text: str) -> str:
    return f'{{"text":"{text}"}}'


@pytest.fixture
def names(broker: Broker) -> tuple[str, str, str]:
    """The app's id, its input, its changelog (still to be made)."""
    app_id, topic = unique("app"), unique("in")
    broker.create_topics(topic)
    return app_id, topic, changelog_of(app_id)


async def test_tombstones_and_compaction_gaps(broker: Broker, names: tuple[str, str, str], tmp_path: Path) -> None:
    app_id, topic, changelog = names
    broker.create_topics(changelog, config=COMPACT_AT_ONCE)
    for turn in range(20):
        broker.produce(changelog, [(f"k{n}", value(f"{n}-{turn}")) for n in range(100)], 0)
    broker.produce(changelog, [(f"k{n}", None) for n in range(50)], 0)
    broker.produce(changelog, [("other", value("1"))], 2)

    def compacted() -> bool:
        broker.produce(changelog, [("last", value("x"))], 0)  # the active segment is never cleaned
        return len([m for m in broker.consume(changelog) if m.partition() == 0]) < 500

    eventually("the changelog is compacted", compacted, 60)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        wanted = {f"k{n}": Value(f"{n}-19") for n in range(50, 100)} | {"last": Value("x")}
        assert dict(probe.table.rows(0)) == wanted
        assert dict(probe.table.rows(2)) == {"other": Value("1")}
        await probe.table.write(0, {"k60": None, "new": Value("n")})
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        wanted["new"] = Value("n")
        del wanted["k60"]
        assert dict(probe.table.rows(0)) == wanted


async def test_a_changelog_that_ends_with_a_transactions_marker(
    broker: Broker, names: tuple[str, str, str], tmp_path: Path
) -> None:
    """Its last offset holds no record: recovery must not wait for it."""
    app_id, topic, changelog = names
    broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "transactional.id": app_id, "log_level": 0})
    producer.init_transactions(30)
    for text, commit in (("kept", True), ("dropped", False)):
        producer.begin_transaction()
        producer.produce(changelog, value(text), "k", 1)
        producer.flush(30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        assert dict(probe.table.rows(1)) == {"k": Value("kept")}


async def test_aborted_rows_amid_many(broker: Broker, names: tuple[str, str, str], tmp_path: Path) -> None:
    """Of writers side by side, whose compressed batches lie between each other."""
    app_id, topic, changelog = names
    broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    config = {"bootstrap.servers": broker.bootstrap_servers, "compression.type": "lz4", "log_level": 0}
    kept, dropped = (Producer({**config, "transactional.id": f"{app_id}-{name}"}) for name in ("kept", "dropped"))
    for producer in (kept, dropped):
        producer.init_transactions(30)
        producer.begin_transaction()
    for turn in range(10):
        for producer, text in ((kept, f"kept-{turn}"), (dropped, f"dropped-{turn}")):
            for number in range(turn * 100, turn * 100 + 200):  # the half of each is written again by the next
                producer.produce(changelog, value(text), f"k{number}", 1)
            producer.flush(30)
    kept.commit_transaction(30)
    dropped.abort_transaction(30)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        wanted = {f"k{number}": Value(f"kept-{min(number // 100, 9)}") for number in range(1100)}
        assert dict(probe.table.rows(1)) == wanted


async def test_a_rebalance_amid_a_recovery(
    broker: Broker, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had been read of partitions that stay is read on from there, of those that go it is dropped."""
    app_id, topic, changelog = names
    broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    for partition in range(4):
        rows = [(f"k{number}", value(f"{number}")) for number in range(25_000)]
        broker.produce(changelog, rows, partition, compression_type="lz4")
    replay, tables, come = DurableTable.replay, list[Any](), asyncio.Event()

    async def replay_slowly(table: DurableTable[Value], *batch: Any) -> None:
        """The first app's stands still after its first batch, until the second one's begins."""
        if table not in tables:
            tables.append(table)
        await replay(table, *batch)
        if len(tables) > 1:
            come.set()
        await come.wait()

    async def run(wait: Callable[[], bool]) -> None:
        await becomes("it is its turn", wait)
        how: dict[str, Any] = {"table_standby_replicas": 0}
        async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, **how) as probe:
            await becomes("they share", lambda: len(probe.owned) == 2, 60)
            for partition in range(4):
                held = partition in probe.owned
                assert len(probe.table.rows(partition)) == (25_000 if held else 0)
                assert probe.table.get(partition, "k24999") == (Value("24999") if held else None)
            shared.append(probe.owned)
            await becomes("the other one has its share too", lambda: len(shared) == 2)

    shared: list[frozenset[int]] = []
    monkeypatch.setattr(DurableTable, "replay", replay_slowly)
    await asyncio.gather(run(lambda: True), run(lambda: len(tables) > 0))
    assert shared[0] | shared[1] == {0, 1, 2, 3}


async def test_a_standby_follows_and_takes_over(broker: Broker, names: tuple[str, str, str], tmp_path: Path) -> None:
    app_id, topic, changelog = names
    broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    broker.produce(changelog, [("k", value("old"))], 0)
    how: dict[str, Any] = {"table_standby_replicas": 1}
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, **how) as heir:
        await becomes("the first owns all", lambda: len(heir.owned) == 4)
        async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, **how) as leaver:
            await becomes("they share", lambda: len(heir.owned) == len(leaver.owned) == 2)
            (lent, *_) = leaver.owned
            broker.produce(topic, [("fresh", "1")], lent)
            broker.produce(topic, [("stays", "1")], min(heir.owned))
            await becomes("the standby has the row", lambda: heir.table.get(lent, "fresh") == Value("1"))
            await leaver.table.write(lent, {"fresh": None, "later": Value("2")})
            await becomes("deletion too", lambda: dict(heir.table.rows(lent)).keys() - {"k"} == {"later"})
        await becomes("the heir owns all", lambda: len(heir.owned) == 4)
        assert heir.table.get(lent, "later") == Value("2")
        assert heir.table.get(0, "k") == Value("old")


async def test_a_changelog_is_asked_for_no_more_once_it_is_recovered(
    broker: Broker, names: tuple[str, str, str], tmp_path: Path
) -> None:
    app_id, topic, changelog = names
    broker.create_topics(changelog, config={"cleanup.policy": "compact"})
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is ready", lambda: len(probe.owned) == 4)
        paused = probe.app.consumer._thread._ensure_consumer().paused()
        assert {(tp.topic, tp.partition) for tp in paused} == {(changelog, partition) for partition in range(4)}
