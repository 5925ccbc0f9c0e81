"""Alerts of shipments that are late or will be, from count to count: raised once, ended when none is any more.

No row keeps them. What stands is on connector.alerts, which every worker follows: so a merchant's next owner raises
nothing twice, and ends what has ended."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from connector.agents.alerts import Alerts
from connector.agents.merchants.lateness.count import LateKey, LateShipments, file_pace
from connector.domain.alerts import AlertKind, Severity
from connector.domain.orders.lateness.alerts import LATE_TEXTS, at_risk_message, late_message
from connector.event_loop import Turns
from connector.lanes.lanes import Lanes
from connector.merchants import Merchant, Merchants

_KINDS = frozenset({*LATE_TEXTS, AlertKind.CUTOFF_AT_RISK})


class LateAlerts:
    """Of the merchants whose home is here. `merchants`: as the merchants file has them now."""

    def __init__(self, alerts: Alerts, lanes: Lanes, merchants: Callable[[], Merchants]) -> None:
        self._alerts = alerts
        self._lanes = lanes
        self._merchants = merchants
        self._here: dict[str, int] = {}  # by merchant, the first count that sees all of its rows
        self._begun = self._here, 0

    def open(self, merchant: Merchant, _: int) -> Iterable[None]:
        """The merchant arrived here."""
        self._here.setdefault(merchant.merchant_id, self._begun[1] + 1)
        return ()

    def close(self) -> None:
        """All partitions were given up: a count that is under way has seen what is not held any more."""
        self._here = {}

    def begin(self) -> None:
        """A count begins: of all rows of those who are here now."""
        self._begun = self._here, self._begun[1] + 1

    async def counted(self, late: LateShipments) -> None:
        """It has seen all rows."""
        here, count = self._begun
        await asyncio.to_thread(late.forecast, self._per_s)
        turns = Turns()
        for merchant_id in late.merchants | self._alerts.merchants():  # of thousands, few
            if here is not self._here:
                return
            if here.get(merchant_id, count + 1) <= count:
                self._judge(merchant_id, late)
            await turns.end()

    def _per_s(self, merchant_id: str, operation: str) -> float:
        """What the lane may call now; as the file says where there is none (it is paused, say)."""
        lane = self._lanes.told(merchant_id, operation)
        return file_pace(self._merchants())(merchant_id, operation) if lane is None else lane.limit_per_s

    def _judge(self, merchant_id: str, late: LateShipments) -> None:
        stands = {LateKey(alert.kind, alert.subject) for alert in self._alerts.of(merchant_id) if alert.kind in _KINDS}
        forecast = late.forecast_of(merchant_id)
        for key, severity, message, remedy in _found(merchant_id, late):
            if key not in stands:
                told = {"message": message, "remedy": remedy}
                self._alerts.raise_alert(merchant_id, key.kind, severity, key.location_id, **told)
        stay = {*late.of(merchant_id), *(LateKey(AlertKind.CUTOFF_AT_RISK, place) for place in forecast.near)}
        for key in stands - stay:
            self._alerts.end_alert(merchant_id, key.kind, key.location_id)


def _found(merchant_id: str, late: LateShipments) -> Iterator[tuple[LateKey, Severity, str, str]]:
    named = f"; `connector shipments list --pending --merchant {merchant_id}` names them"
    for key, found in late.of(merchant_id).items():
        text = LATE_TEXTS[key.kind]
        yield key, text.severity, late_message(key.kind, key.location_id, found), text.remedy + named
    for risk in late.forecast_of(merchant_id).at_risk:
        key = LateKey(AlertKind.CUTOFF_AT_RISK, risk.location_id)
        remedy = "have Amazon raise the limit of the operation that is slowest, or reject what can't be done in time"
        yield key, Severity.CRITICAL, at_risk_message(risk), f"{remedy}{named} (--at-risk)"
