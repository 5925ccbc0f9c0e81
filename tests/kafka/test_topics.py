"""`connector topics create|check` on a real broker."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package marks none of its re-exports
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from connector.kafka.topic_admin import (
    WantedTopic,
    create_topics,
    deletions_kept_ms,
    topic_faults,
    topic_ids,
    wanted_topics,
)
from connector.kafka.topics import DAY_MS, TABLES, TOPICS, changelog_topic
from tests.kit.cases import read_case
from tests.kit.flows.world import forget_topics
from tests.kit.kafka.broker import Broker, eventually, unique

pytestmark = pytest.mark.kafka
ROOT = Path(__file__).parents[2]
PARTITIONS = 4


@pytest.fixture
def admin(broker: Broker) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker.bootstrap_servers})


def own(prefix: str) -> list[WantedTopic]:
    """The design's topics under names of this test alone: one broker serves the whole run."""
    return [replace(topic, name=f"{prefix}.{topic.name}") for topic in wanted_topics("app", PARTITIONS, 1)]


def set_config(admin: AdminClient, topic: str, setting: str, value: str) -> None:
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for altered in admin.incremental_alter_configs([resource]).values():
        altered.result(10)


def test_all_topics_and_changelogs_are_wanted_with_one_number_of_partitions() -> None:
    wanted = wanted_topics("shop", 12, 3)
    names = {topic.name for topic in wanted}
    assert names == {topic.name for topic in TOPICS} | {changelog_topic("shop", table) for table in TABLES}
    assert {topic.partitions for topic in wanted} == {12}
    assert {topic.config["min.insync.replicas"] for topic in wanted} == {"2"}


def test_create_makes_what_is_missing_and_check_agrees(admin: AdminClient) -> None:
    wanted = own(unique("create"))
    assert len(topic_faults(admin, wanted).unusable) == len(wanted)
    created, faults = create_topics(admin, wanted)
    assert sorted(created) == sorted(topic.name for topic in wanted)
    assert faults == []
    assert topic_faults(admin, wanted).all == []
    assert create_topics(admin, wanted) == ([], [])


def test_buyers_data_is_kept_for_seven_days(admin: AdminClient) -> None:
    prefix = unique("retention")
    wanted = own(prefix)
    create_topics(admin, wanted)
    for name in ("connector.api-calls", "connector.notifications"):
        resource = ConfigResource(ResourceType.TOPIC, f"{prefix}.{name}")
        (described,) = admin.describe_configs([resource]).values()
        assert described.result()["retention.ms"].value == str(7 * 24 * 3600 * 1000)


def test_workers_that_create_at_once_do_not_disturb_each_other(admin: AdminClient) -> None:
    wanted = own(unique("race"))
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda _: create_topics(admin, wanted), range(4)))
    assert [faults for _, faults in ends] == [[], [], [], []]
    assert sorted(name for created, _ in ends for name in created) == sorted(topic.name for topic in wanted)


def test_another_number_of_partitions_is_told_with_the_remedy(broker: Broker, admin: AdminClient) -> None:
    name = unique("partitions")
    broker.create_topics(name, partitions=3)
    (fault,) = topic_faults(admin, [WantedTopic(name, PARTITIONS, 1, compacted=False, retention_ms=None)]).unusable
    assert fault.startswith(f"{name}: has 3 partitions, CONNECTOR_KAFKA__PARTITIONS says 4")
    assert "can't change for a running app" in fault


def test_a_changelog_that_is_not_compacted_is_told(broker: Broker, admin: AdminClient) -> None:
    name = unique("changelog")
    broker.create_topics(name, partitions=PARTITIONS, config={"cleanup.policy": "delete"})
    wanted = [WantedTopic(name, PARTITIONS, 1, compacted=True, retention_ms=None)]
    (fault,) = topic_faults(admin, wanted).unusable
    assert "cleanup.policy is delete; set it to compact" in fault
    set_config(admin, name, "cleanup.policy", "compact")
    eventually("the mended policy is seen", lambda: not topic_faults(admin, wanted).unusable)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("retention.ms", "-1", "retention.ms is -1 (for ever); set it to 604800000 (7 days: it holds buyers' data)"),
        ("retention.ms", "86400000", "retention.ms is 86400000 (1 days); set it to 604800000"),
        ("min.insync.replicas", "2", "min.insync.replicas is 2, of 1 replicas: nothing can be written; set it to 1"),
    ],
)
def test_records_that_are_kept_otherwise_than_wanted_are_told(
    admin: AdminClient, setting: str, value: str, told: str
) -> None:
    prefix = unique("kept")
    (wanted,) = (topic for topic in own(prefix) if topic.name.endswith(".api-calls"))
    create_topics(admin, [wanted])
    set_config(admin, wanted.name, setting, value)
    (fault,) = eventually("the setting is seen", lambda: topic_faults(admin, [wanted]).keeping)
    assert fault.startswith(f"{wanted.name}: {told}")
    assert topic_faults(admin, [wanted]).unusable == [], "a worker may run on it"


def test_fewer_replicas_than_wanted_are_told(broker: Broker, admin: AdminClient) -> None:
    name = unique("copies")
    broker.create_topics(name, partitions=PARTITIONS)
    wanted = WantedTopic(name, PARTITIONS, 3, compacted=False, retention_ms=None)
    copies, in_sync = topic_faults(admin, [wanted]).keeping
    assert "has 1 replicas, CONNECTOR_KAFKA__REPLICATION_FACTOR says 3" in copies
    assert in_sync.endswith("so that no record has one copy")


def test_what_the_broker_refuses_is_told_by_topic(admin: AdminClient) -> None:
    name = unique("replicas")
    created, (fault,) = create_topics(admin, [WantedTopic(name, 1, 3, compacted=False, retention_ms=None)])
    assert created == []
    assert fault.startswith(f"{name}: ")
    assert "eplication factor" in fault


@pytest.fixture
def connector(broker: Broker) -> Callable[..., subprocess.CompletedProcess[str]]:
    """One app on the design's own topic names, whose partitions an earlier test of this run may have fixed."""
    here = AdminClient({"bootstrap.servers": broker.bootstrap_servers}).list_topics(timeout=10).topics
    partitions = len(here["oms.inventory"].partitions) if "oms.inventory" in here else PARTITIONS
    settings = {
        "CONNECTOR_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "CONNECTOR_KAFKA__PARTITIONS": str(partitions),
        "CONNECTOR_APP_ID": unique("app"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "connector", "topics", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=dict(os.environ) | settings
        )

    return run


def test_the_commands_as_an_operator_runs_them(connector: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    missing = connector("check", "--json")
    assert missing.returncode == 1
    faults = json.loads(missing.stdout)["faults"]
    assert len(faults) >= len(TABLES)
    assert all("connector topics create" in fault for fault in faults)

    made = connector("create", "--json")
    assert made.returncode == 0, made.stderr
    assert len(json.loads(made.stdout)["created"]) >= len(TABLES)

    good = connector("check")
    assert (good.returncode, good.stdout.strip()) == (0, "all topics are as they should be")


def test_a_command_tells_of_buyers_data_that_is_kept_for_ever(
    admin: AdminClient, connector: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    case = read_case("files/api-calls-kept-for-ever")
    connector("create")
    name, config = case["topic"]["name"], case["topic"]["config"]
    for setting, value in config.items():
        set_config(admin, name, setting, value)
    try:
        line = eventually("the setting is seen", lambda: connector("check").stderr.strip())
        assert "\n" not in line
        assert all(told in line for told in (f"{name}: ", "retention.ms is -1", "7 days", "buyers' data"))
        assert connector("check").returncode == 1
    finally:
        set_config(admin, name, "retention.ms", str(7 * 24 * 3600 * 1000))


def test_a_topic_that_is_made_anew_has_another_id(broker: Broker, admin: AdminClient) -> None:
    wanted = [topic for topic in own(unique("ids")) if topic.compacted][:2]
    anew, kept = (topic.name for topic in wanted)
    create_topics(admin, wanted)
    before = topic_ids(admin, [anew, kept])
    assert len(set(before.values())) == 2
    forget_topics(broker, wanted[:1])
    create_topics(admin, wanted)
    after = topic_ids(admin, [anew, kept])
    assert after[kept] == before[kept]
    assert after[anew] not in before.values()


def test_how_long_deletions_are_told_is_known(admin: AdminClient) -> None:
    wanted = [topic for topic in own(unique("deletions")) if topic.compacted][:2]
    short, usual = (topic.name for topic in wanted)
    create_topics(admin, wanted)
    set_config(admin, short, "delete.retention.ms", "5000")
    eventually(
        "the new setting is in force", lambda: deletions_kept_ms(admin, [short, usual]) == {short: 5000, usual: DAY_MS}
    )
