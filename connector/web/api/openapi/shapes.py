"""What the control API answers, for the OpenAPI document. A test holds these against what the port says."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connector.web.api.bodies import StartReconcile
from connector.web.api.reconciles import ReconcileState

_Iso = Annotated[str, Field(description="ISO 8601, UTC")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemShape(Shape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = Field(description="what to do about it")


class WorkerShape(Shape):
    worker: str = Field(description="its name in the group: CONNECTOR_INSTANCE")
    url: str = Field(description="where others reach it; empty: it tells none")
    answers: bool
    why: str = Field(description="why it does not answer")
    partitions: list[int] = Field(description="of a silent worker those that Kafka knows")
    lag: int | None = Field(description="records that are not dealt with; null: nobody knows")
    version: str | None


class FleetShape(Shape):
    workers: list[WorkerShape]
    partition_count: int
    partitions_unheld: list[int] = Field(description="assigned to no worker")
    merchants_file_refused: list[str] = Field(description="why a newer merchants file is not in force")


class MerchantRow(Shape):
    merchant_id: str
    mode: str
    paused: bool
    paused_because: str
    paused_by: str
    paused_at: str | None
    suspended: bool | None
    suspended_because: str
    backlog: int = Field(description="of all lanes")
    oldest_waiting_s: float | None
    limit_used: float = Field(description="0 to 1, of the lane that uses most")
    alerts: int
    late: int = Field(description="shipments")
    at_risk: int = Field(description="shipments that will miss their cut-off")
    zeroed_skus: int
    worker: str


class ToldShape(Shape):
    silent_workers: list[str] = Field(description="that gave no answer: what is theirs is missing")


class MerchantsShape(ToldShape):
    partitions_unheld: list[int] = Field(description="that no worker which answered has: their merchants are missing")
    merchants: list[MerchantRow]


class MerchantShape(BaseModel):
    """As in `connector status --json`; times in epoch milliseconds."""

    merchant_id: str
    mode: str
    lanes: dict[str, Any]
    alerts: list[Any]
    worker: str


class StatusShape(ToldShape):
    source: Literal["workers"]
    partitions_unheld: list[int]
    alerts: list[Any] = Field(description="those of no merchant")
    merchants: list[MerchantShape]


class AlertShape(Shape):
    alert_id: str
    merchant_id: str = Field(description="empty: of none")
    kind: str
    severity: str
    subject: str
    message: str
    remedy: str
    since: _Iso


class AlertsShape(ToldShape):
    alerts: list[AlertShape]


class ChangeShape(Shape):
    done: bool = Field(description="false: only a part, or it has not begun in time; result and remarks tell")
    result: Any = Field(description="what the command's --json says")
    remarks: list[str]


class StartedShape(Shape):
    reconcile_id: str


class ReconcileShape(StartReconcile):
    reconcile_id: str
    state: ReconcileState
    message: str = Field(description="why it failed")
    remarks: list[str]
    started_at: _Iso
    ended_at: _Iso | None
    worker: str


class WholeReconcile(ReconcileShape):
    report: Any = Field(description="what the command's --json says; null while it runs")


class ReconcilesShape(ToldShape):
    reconciles: list[ReconcileShape]
