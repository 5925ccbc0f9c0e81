"""A merchant that Amazon refuses altogether: said once, and once more when its calls are taken again (guarantee G9)."""

import logging

from connector.agents.alerts import Alerts
from connector.domain.alerts import AlertKind, Severity

log = logging.getLogger(__name__)


class Suspensions:
    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    def because(self, merchant_id: str) -> str | None:
        """What Amazon said when it was suspended here or on another worker; None where it is not."""
        alert = self._alerts.find(merchant_id, AlertKind.MERCHANT_SUSPENDED, merchant_id)
        return None if alert is None else alert.message

    def access_changed(self, merchant_id: str, suspended: bool, because: str) -> None:
        """`because`: what Amazon said."""
        if suspended:
            log.error("Amazon refuses the merchant: suspended", extra={"merchant": merchant_id, "because": because})
            self._alerts.raise_alert(
                merchant_id,
                AlertKind.MERCHANT_SUSPENDED,
                Severity.CRITICAL,
                merchant_id,
                message=because or "Amazon says no more than that",
                remedy="see `connector merchants check`: renew the seller's consent, or the refresh token; "
                "it is tried again by itself, and nothing is lost meanwhile",
            )
            return
        log.info("Amazon takes the merchant's calls", extra={"merchant": merchant_id})
        self.forget(merchant_id)

    def forget(self, merchant_id: str) -> None:
        """It is suspended no more, or has left the merchants file."""
        self._alerts.end_alert(merchant_id, AlertKind.MERCHANT_SUSPENDED, merchant_id)
