"""What the control API of a worker is made of, without a worker."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from connector.agents.merchants.waiting import Waiting
from connector.kafka.homes import home_partition
from connector.kafka.members import GroupMember
from connector.merchants import Merchants
from connector.web.api.commands import Commands
from connector.web.api.fleet import Fleet
from connector.web.api.reconciles import Reconciles
from connector.web.api.router import ApiParts
from connector.web.api.told import OwnPart
from connector.web.status import merchant_status

PARTITIONS = 4


@dataclass
class ToldStatus:
    """What a worker tells, whose merchants these are. `partitions`: those that it has. `refused`: why it does not take
    the merchants file."""

    known: list[dict[str, Any]] = field(default_factory=list)
    partitions: list[int] = field(default_factory=lambda: [*range(PARTITIONS)])
    of_none: list[dict[str, Any]] = field(default_factory=list)
    refused: str | None = None

    def head(self) -> dict[str, Any]:
        return {"partitions": self.partitions, "partition_count": PARTITIONS, "merchants_file_refused": self.refused}

    def alerts(self) -> list[dict[str, Any]]:
        return self.of_none

    def home(self, merchant_id: str, /) -> int:
        return home_partition(merchant_id.encode(), PARTITIONS)

    def merchants(self, merchant_id: str = "", /) -> Iterator[dict[str, Any]]:
        return iter([one for one in self.known if merchant_id in ("", one["merchant_id"])])


def api_parts(
    worker: str = "w-1",
    status: ToldStatus | None = None,
    members: Callable[[], list[GroupMember]] = list,
    *,
    token: str = "",
    program: Sequence[str] = (),
) -> ApiParts:
    """`program`: what is run in place of `connector`."""
    own = OwnPart(worker, status or ToldStatus(), lag=lambda: {("oms.inventory", 0): 3}, version="1.2.3")
    commands = Commands(worker, program) if program else Commands(worker)
    return ApiParts(
        own=own,
        fleet=Fleet(worker, members),
        commands=commands,
        reconciles=Reconciles(worker, commands, lambda: 1_700_000_000_000),
        token=SecretStr(token),
    )


def told_merchant(
    merchant_id: str, *, backlog: int = 0, alerts: Sequence[dict[str, Any]] = (), paused_because: str | None = None
) -> dict[str, Any]:
    """As a worker tells of it."""
    pause = None if paused_because is None else {"reason": paused_because, "by": "maria", "at": 1_700_000_000_000}
    waiting = Waiting(Merchants({}), lambda _merchant: False, 0)
    lane = {"backlog": backlog, "oldest_waiting_s": 2.5 if backlog else None, "limit_per_s": 6.0, "limit_used": 0.25}
    return merchant_status(merchant_id, "active", waiting, alerts, pause=pause, lanes={"inventory": lane})


def told_alert(merchant_id: str) -> dict[str, Any]:
    """As a worker tells of one of its alerts."""
    return {
        "alert_id": "a1",
        "merchant_id": merchant_id,
        "kind": "SKU_PARKED",
        "severity": "WARNING",
        "subject": "SKU-1",
        "message": "m",
        "remedy": "r",
        "since": 0,
    }
