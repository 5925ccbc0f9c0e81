"""Dead letters of a merchant are one alert for each topic and reason, until there were none for an hour."""

from connector.agents.alerts import Alerts
from connector.agents.merchants.known import KnownMerchants
from connector.agents.records.alerts import QUIET_MS, RecordAlerts
from connector.domain.alerts import AlertKind, Severity
from connector.kafka.avro.codec import BadRecord
from connector.kafka.avro.topic_codec import Reason
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS
from connector.merchants import Merchants
from tests.kit.inventory.agents import NOW_MS, PARTITION, merchant
from tests.kit.kafka.records import consumed
from tests.kit.memory import MemoryTopics


class Worker:
    """It has M1 at home."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.alerts = Alerts(MemoryTopics().outbox(), 1, lambda: self.now_ms)
        self.alerts.open(merchant("M1"), PARTITION)
        known = KnownMerchants(lambda: Merchants({"M1": merchant("M1")}))
        self.records = RecordAlerts(self.alerts, known, lambda: self.now_ms)

    def dead_letter(self, merchant_id: str, topic: str = INVENTORY.name, reason: Reason = "INVALID") -> None:
        record = consumed(b"", merchant_id.encode(), topic=topic)
        self.records.dead_letter(record, BadRecord(reason, "quantity: it is below 0"))

    @property
    def standing(self) -> list[str]:
        return [alert.subject for alert in self.alerts]


def test_one_for_each_topic_and_reason() -> None:
    worker = Worker()
    for _ in range(3):
        worker.dead_letter("M1")
    worker.dead_letter("M1", reason="UNKNOWN_LOCATION")
    worker.dead_letter("M1", topic=ORDER_COMMANDS.name)
    assert worker.standing == [
        "oms.inventory: INVALID",
        "oms.inventory: UNKNOWN_LOCATION",
        "oms.order-commands: INVALID",
    ]
    (first, *_) = worker.alerts
    assert "oms.inventory/0/0: quantity: it is below 0" in first.message
    assert "connector dead-letters list --merchant M1 --reason INVALID" in first.remedy


def test_a_merchant_that_nobody_knows_has_none() -> None:
    worker = Worker()
    worker.dead_letter("M9")
    worker.dead_letter("\x00")
    assert worker.standing == []


def test_it_ends_an_hour_after_the_last() -> None:
    worker = Worker()
    worker.dead_letter("M1")
    worker.now_ms += QUIET_MS - 1
    worker.dead_letter("M1")
    worker.now_ms += QUIET_MS - 1
    worker.records.end_quiet()
    assert worker.standing == ["oms.inventory: INVALID"]
    worker.now_ms += 1
    worker.records.end_quiet()
    assert worker.standing == []


def test_what_stood_before_a_restart_ends_too() -> None:
    worker = Worker()
    worker.dead_letter("M1")
    worker.records = RecordAlerts(worker.alerts, KnownMerchants(lambda: Merchants({})), lambda: worker.now_ms)
    worker.records.end_quiet()
    assert worker.standing == ["oms.inventory: INVALID"]
    worker.now_ms += QUIET_MS
    worker.records.end_quiet()
    assert worker.standing == []


def test_an_alert_of_another_kind_is_not_its_to_end() -> None:
    """A list that shows an item without an id has one as long as it does, and its row says so."""
    worker = Worker()
    worker.alerts.raise_alert("M1", AlertKind.RECORD_PARKED, Severity.WARNING, "list", message="m", remedy="r")
    worker.records.end_quiet()
    worker.now_ms += QUIET_MS
    worker.records.end_quiet()
    assert worker.standing == ["list"]
