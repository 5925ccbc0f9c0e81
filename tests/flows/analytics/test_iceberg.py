"""Events on a real broker as Iceberg tables in S3: found by their path, and by a catalog, Glue's."""

from typing import Any

import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.table import StaticTable

from connector.kafka.topics import ORDERS
from tests.kit.aws import Aws
from tests.kit.flows.commands import done, refused
from tests.kit.flows.world import NewWorld, Seller, World
from tests.kit.history import records

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]  # a dozen commands, each a process

BUCKET = "warehouse"
TABLE = f"s3://{BUCKET}/lake/smartconnect/amazon_orders"


@pytest.fixture
def files(aws: Aws) -> dict[str, str]:
    """How pyiceberg's own client, which does not go by AWS_ENDPOINT_URL, reaches the bucket."""
    location: Any = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return {"s3.endpoint": aws.url, "s3.region": "eu-west-1"}


def tell(world: World, *told: dict[str, Any]) -> None:
    values = [(record["merchant_id"], world.written_as(ORDERS.name, record)) for record in told]
    world.broker.produce(ORDERS.name, values, partitioner="murmur2_random")


def export(world: World, *options: str, **env: str) -> dict[str, Any]:
    arguments = (f"s3://{BUCKET}/lake", "--topic", ORDERS.name, "--to", "iceberg", "--json", *options)
    (told,) = done(world, "export", *arguments, **env).json["topics"]
    return {name: told[name] for name in ("events", "files", "known", "repeated")}


def ids(table: Any) -> list[tuple[str, str]]:
    rows = table.scan(selected_fields=("merchant_id", "event_id")).to_arrow().to_pylist()
    return sorted((row["merchant_id"], row["event_id"]) for row in rows)


@pytest.mark.parametrize("catalog", [(), ("--catalog", "lake")], ids=["by path", "by catalog"])
def test_a_table_has_each_event_once_whatever_was_published_or_exported_before(
    new_world: NewWorld, files: dict[str, str], catalog: tuple[str, ...]
) -> None:
    world = new_world([Seller("M1"), Seller("M2")])
    of_lake = {f"PYICEBERG_CATALOG__LAKE__{name.upper().replace('.', '__')}": value for name, value in files.items()}
    env = {"PYICEBERG_CATALOG__LAKE__TYPE": "glue", **of_lake} if catalog else {}

    def held() -> list[tuple[str, str]]:
        if catalog:
            return ids(load_catalog("reader", type="glue", **files).load_table("smartconnect.amazon_orders"))
        return ids(StaticTable.from_metadata(TABLE, files))

    assert export(world, *catalog, **env)["events"] == 0
    assert held() == [], "the table is there"
    first, second = records.order_event("S1", "e1"), records.order_event("S1", "e2")
    tell(world, first, first, second, {**first, "merchant_id": "M2"})
    assert export(world, *catalog, **env) == {"events": 3, "files": 2, "known": 0, "repeated": 1}
    tell(world, second, records.order_event("S1", "e3"))
    assert export(world, "--since", "-1h", *catalog, **env) == {"events": 1, "files": 1, "known": 3, "repeated": 2}
    assert export(world, *catalog, **env)["events"] == 0
    assert held() == [("M1", "e1"), ("M1", "e2"), ("M1", "e3"), ("M2", "e1")]


def test_what_can_not_be_meant_is_refused_in_one_line(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    asked = ("export", "warehouse", "--topic", ORDERS.name)
    assert "only Iceberg has one" in refused(world, *asked, "--catalog", "lake")
    assert "pyiceberg knows none" in refused(world, *asked, "--to", "iceberg", "--catalog", "nowhere")
    hidden = world.directory / "pyiceberg"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError('none', name='pyiceberg')")
    told = refused(world, *asked, "--to", "iceberg")
    assert told == "--to iceberg needs pyiceberg: pip install 'smartconnect-connector[iceberg]'"
