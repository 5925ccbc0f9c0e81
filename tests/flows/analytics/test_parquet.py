"""Events on a real broker as Parquet in S3: an export for analytics, and the archive that a history goes on in."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq
import pytest

from connector.kafka.topics import API_CALLS, DAY_MS, INVENTORY_RESULTS, ORDER_COMMANDS, ORDERS
from tests.kit.aws import Aws
from tests.kit.flows.commands import done, run
from tests.kit.flows.world import PARTITIONS, NewWorld, Seller, World
from tests.kit.history import records
from tests.kit.kafka.registry_server import RegistryServer, serving

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]  # a dozen commands, each a process

BUCKET = "warehouse"
BUYER = "Asha Rao, 12 MG Road"
GONE = f"documents/archive/M1/{API_CALLS.name}/day=2020-01-01/merchant_id=M1/part-{'0' * 32}.parquet"
"""A day that is archived longer than days are kept."""


@pytest.fixture
def s3(aws: Aws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def keys(s3: Any, prefix: str = "") -> list[str]:
    return [held["Key"] for held in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def rows(s3: Any, prefix: str) -> Iterator[dict[str, Any]]:
    for key in keys(s3, prefix):
        content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        yield from pq.read_table(BytesIO(content), partitioning=None).to_pylist()


def key_of(s3: Any, key: str) -> str | None:
    """The KMS key that the object is encrypted with; None: the bucket's own encryption."""
    found: str | None = s3.head_object(Bucket=BUCKET, Key=key).get("SSEKMSKeyId")
    return found


def tell(world: World, topic: str, *told: dict[str, Any], written_ms: int = 0) -> None:
    values = [(record["merchant_id"], world.written_as(topic, record)) for record in told]
    world.broker.produce(topic, values, written_ms=written_ms, partitioner="murmur2_random")


def test_an_export_has_each_event_once_whatever_was_published_or_exported_before(new_world: NewWorld, s3: Any) -> None:
    registry = RegistryServer()
    with serving(registry) as url:
        world = new_world([Seller("M1"), Seller("M2")], registry=registry)

        def export(*options: str) -> dict[str, dict[str, Any]]:
            topics = ("--topic", ORDERS.name, "--topic", ORDER_COMMANDS.name)
            target = f"s3://{BUCKET}/lake"
            ran = done(world, "export", target, *topics, "--json", *options, CONNECTOR_SCHEMA_REGISTRY__URL=url)
            return {each["topic"]: each for each in ran.json["topics"]}

        assert export()[ORDERS.name]["events"] == 0
        assert keys(s3) == []

        first, second = records.order_event("S1", "e1"), records.order_event("S1", "e2")
        tell(world, ORDERS.name, first, first, second, {**first, "merchant_id": "M2"})
        world.broker.produce(ORDERS.name, [("M1", None)])
        tell(world, ORDER_COMMANDS.name, records.command("S1", "c1"), records.command("S1", "c1"))
        told = export()
        assert [told[ORDERS.name][name] for name in ("events", "repeated", "tombstones", "known")] == [3, 1, 1, 0]
        assert told[ORDER_COMMANDS.name]["events"] == 1
        assert [key for key in keys(s3) if f"{ORDERS.name}/day=1970-01-01/merchant_id=M2/part-" in key]

        tell(world, ORDERS.name, second, records.order_event("S1", "e3"))
        told = export("--since", "-1h")
        assert [told[ORDERS.name][name] for name in ("events", "known")] == [1, 3]
        s3.delete_object(Bucket=BUCKET, Key=keys(s3, f"lake/{ORDERS.name}/")[0])  # as if a run had not come to it
        export()
        found = Counter((row["event_id"], row["kafka_partition"]) for row in rows(s3, f"lake/{ORDERS.name}/"))
        assert sorted(event for event, _ in found) == ["e1", "e1", "e2", "e3"]
        assert set(found.values()) == {1}
        assert {name: each["events"] for name, each in export().items()} == dict.fromkeys(told, 0)


def test_a_history_goes_on_in_the_archive_when_the_topics_have_it_no_longer(
    new_world: NewWorld, aws: Aws, s3: Any
) -> None:
    own_key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    world = new_world([Seller("M1", extra=f'kms_key_arn = "{own_key}"'), Seller("M2")])
    day = datetime.now(UTC).date() - timedelta(days=2)
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    store = {"CONNECTOR_DOCUMENTS__URL": f"s3://{BUCKET}/documents"}
    buyer = {"shipment_id": "S1", "status": "ACCEPTED", "ship_to": {"name": BUYER}}
    answer = records.list_call(buyer, call_id="read", request_id="req-read", started_at=noon)
    snapshot = {**records.order_event("S1")["snapshot"], "ship_to": {"name": BUYER}}
    event, sent = records.order_event("S1", snapshot=snapshot), records.inventory_call("SKU-1", started_at=noon)
    s3.put_object(Bucket=BUCKET, Key=GONE, Body=b"")

    tell(world, API_CALLS.name, answer, answer, sent, {**sent, "merchant_id": "M2"}, written_ms=noon)
    tell(world, ORDERS.name, event, written_ms=noon)
    tell(world, INVENTORY_RESULTS.name, records.inventory_result("SKU-1", "u1"), written_ms=noon)
    tell(world, API_CALLS.name, records.call(call_id="next day"), written_ms=noon + DAY_MS // 2 + 600_000)
    tell(world, API_CALLS.name, records.call(call_id="late"), written_ms=noon)  # workers' clocks differ
    before = done(world, "history", "shipment", "S1", "--json", **store).json
    assert [entry["kind"] for entry in before] == ["call", "event"]

    told = done(world, "archive", "run", "--day", str(day), "--json", **store).json
    archived = {each["topic"]: each["events"] for each in told["archived"] if each["events"]}
    assert archived == {API_CALLS.name: 4, ORDERS.name: 1, INVENTORY_RESULTS.name: 1}
    assert told["removed_files"] == 1
    assert GONE not in keys(s3)
    assert BUYER not in repr(list(rows(s3, "documents/archive/")))
    assert {key.split("/")[2]: key_of(s3, key) for key in keys(s3, "documents/")} == {"M1": own_key, "M2": None}
    again = done(world, "archive", "run", "--day", str(day), "--json", **store).json
    assert (sum(each["events"] for each in again["archived"]), again["removed_files"]) == (0, 0)

    assert done(world, "history", "shipment", "S1", "--json", **store).json == before
    assert done(world, "history", "shipment", "S1", "--merchant", "M1", "--json", **store).json == before

    for topic in (API_CALLS.name, ORDERS.name, INVENTORY_RESULTS.name):
        for partition in range(PARTITIONS):
            world.broker.delete_records(topic, partition, before=-1)  # all that is there
    file = world.directory / "evidence.csv"
    after = done(world, "history", "shipment", "S1", "--json", "--evidence", str(file), **store).json
    assert [{**entry, "times": 1} for entry in after] == [{**entry, "times": 1} for entry in before]
    with file.open(newline="") as lines:
        assert [row["request_id"] for row in csv.DictReader(lines)] == ["req-read"]
    of_sku = done(world, "history", "sku", "SKU-1", "--merchant", "M1", "--json", **store).json
    assert [entry["kind"] for entry in of_sku] == ["call", "result"]
    earlier = run(world, "history", "shipment", "S1", "--until", str(day), "--json", **store)
    assert (earlier.code, earlier.out.strip()) == (1, "[]")

    world.write_merchants(Seller("M2"))
    purged = done(world, "purge", "--merchant", "M1", "--yes", "--json", **store).json
    assert purged["held"]["archive_files"] > 0
    assert purged["left"]["archive_files"] == 0
    assert {key.split("/")[2] for key in keys(s3, "documents/archive/")} == {"M2"}
