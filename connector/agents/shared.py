"""What every subject's agents are wired from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from connector.agents.alerts import Alerts
from connector.agents.api_calls import ApiCalls
from connector.agents.incoming import Incoming
from connector.agents.issuer import Issuer
from connector.agents.merchants.controls import Controls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.suspensions import Suspensions
from connector.agents.outbox import Outbox
from connector.agents.records.alerts import RecordAlerts
from connector.lanes.lanes import Lanes
from connector.settings import Settings
from connector.smartconnect.client import SmartConnect
from connector.tables.snapshots.schedule import SnapshotSchedule
from connector.tables.table import Table, TableSpec
from connector.telemetry import Telemetry

if TYPE_CHECKING:  # nothing here needs the engine to be there
    from connector.kafka.engine.agent import Apply

Row = TypeVar("Row")


class OpenTable(Protocol):
    def __call__(self, spec: TableSpec[Row], /) -> Table[Row]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """`worker` is the name of this process.

    `tables`: those that were opened so far. `on_death` hears of an exception that nobody foresaw: the worker must not
    go on. `traced(topic, apply)`: what an agent applies, with a trace of it where somebody takes traces.
    """

    settings: Settings
    worker: str
    incoming: Incoming
    outbox: Outbox
    api_calls: ApiCalls
    issuer: Issuer
    alerts: Alerts
    record_alerts: RecordAlerts
    telemetry: Telemetry
    suspensions: Suspensions
    lanes: Lanes
    api: SmartConnect
    merchants: KnownMerchants
    listings: Listings
    controls: Controls
    open_table: OpenTable
    tables: Sequence[Table[Any]]
    snapshots: SnapshotSchedule
    on_death: Callable[[BaseException], None]
    traced: "Callable[[str, Apply], Apply]"
