"""Rows come back from the changelog as they were: deleted ones stay deleted, gaps hold up nothing, standbys keep up."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

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
