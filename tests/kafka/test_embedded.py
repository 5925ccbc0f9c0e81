"""The whole machinery on the embedded cluster: batches, a table, its changelog."""

from pathlib import Path

from connector.kafka.embedded import APP_OPTIONS, PARTITIONS, embedded_kafka
from connector.kafka.producer import OutRecord, Producer
from tests.kit.kafka.batch_apps import Value, becomes, changelog_of, running_probe
from tests.kit.kafka.broker import Broker


async def test_an_app_with_a_table_runs_on_it(tmp_path: Path) -> None:
    changelog = changelog_of("demo")
    with embedded_kafka(["input", changelog]) as bootstrap_servers:
        producer = Producer({"bootstrap.servers": bootstrap_servers})
        records = [OutRecord("input", n % PARTITIONS, b"k%d" % n, b"v%d" % n) for n in range(400)]
        await producer.send(records)
        async with running_probe(bootstrap_servers, "demo", "input", tmp_path, **APP_OPTIONS) as probe:
            await becomes("all is applied", lambda: len(probe.applied) == 400)
            await producer.send([OutRecord("input", 0, b"k0", b"changed")])
            await becomes("one more", lambda: len(probe.applied) == 401)
            assert probe.table.get(0, "k0") == Value("changed")
        # A second start finds the rows in the changelog and the input committed.
        async with running_probe(bootstrap_servers, "demo", "input", tmp_path, **APP_OPTIONS) as probe:
            await becomes("it is ready", lambda: len(probe.owned) == PARTITIONS)
            assert probe.table.get(0, "k0") == Value("changed")
            assert sum(len(probe.table.rows(p)) for p in range(PARTITIONS)) == 400
            assert probe.applied == []
        producer.close(5)


async def test_two_clusters_live_side_by_side_and_end() -> None:
    with embedded_kafka(["a"]) as one, embedded_kafka(["b"]) as two:
        assert one != two
        assert [m.key() for m in Broker(two, None).consume("b")] == []
