"""A merchant who left is forgotten whole, and nobody else is."""

import pytest

from connector.agents.alerts import Alerts
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.offboarding import Offboarding
from connector.domain.alerts import AlertKind, Severity
from connector.kafka.avro.codec import BadRecord
from connector.merchants import Merchants
from connector.tables.seen import SeenRow
from tests.kit.inventory.agents import merchant
from tests.kit.memory import MemoryTable, MemoryTopics


class World:
    def __init__(self, *known: str) -> None:
        rows = {f"{merchant_id}|{n}": SeenRow(n) for merchant_id in ("M1", "M10", "M2") for n in range(1200)}
        self.seen, self.other = MemoryTable({**rows, "M1": SeenRow(1)}), MemoryTable({"M1|x": SeenRow(1)})
        self.alerts = Alerts(MemoryTopics().outbox(), 1, lambda: 5)
        for merchant_id in ("M1", "M2"):
            self.alerts.raise_alert(merchant_id, AlertKind.SKU_PARKED, Severity.WARNING, "s", message="m", remedy="r")
        merchants = Merchants({merchant_id: merchant(merchant_id) for merchant_id in known})
        self.offboarding = Offboarding([self.seen, self.other], KnownMerchants(lambda: merchants), self.alerts)


async def test_all_rows_and_alerts_of_the_merchant_go_and_nobody_elses() -> None:
    world = World("M2")
    await world.offboarding.forget(0, "M1")
    assert {key.partition("|")[0] for key in world.seen.held} == {"M10", "M2"}
    assert len(world.seen.held) == 2400
    assert world.other.held == {}
    assert (world.alerts.of("M1"), len(world.alerts.of("M2"))) == ([], 1)


async def test_a_merchant_of_the_file_is_at_work_and_stays() -> None:
    world = World("M1")
    with pytest.raises(BadRecord, match="remove it there"):
        await world.offboarding.forget(0, "M1")
    assert "M1|0" in world.seen.held
    assert world.alerts.of("M1")
