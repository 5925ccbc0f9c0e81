"""A merchant that Amazon refuses altogether (guarantee G9), or does not answer: said once, and once more at its end."""

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
        self._alerts.end_alert(merchant_id, AlertKind.MERCHANT_SUSPENDED, merchant_id)

    def reach_changed(self, merchant_id: str, unreachable: bool, because: str) -> None:
        """`because`: what the network said."""
        if not unreachable:
            self._alerts.end_alert(merchant_id, AlertKind.MERCHANT_UNREACHABLE, merchant_id)
            return
        log.error("the merchant's calls get no answer", extra={"merchant": merchant_id, "because": because})
        self._alerts.raise_alert(
            merchant_id,
            AlertKind.MERCHANT_UNREACHABLE,
            Severity.CRITICAL,
            merchant_id,
            message=f"for a minute no call of this merchant was answered: {because or 'nothing was said'}",
            remedy="see whether Amazon, or the network to it, is down for others too; "
            "it is tried again by itself, and nothing is lost meanwhile",
        )

    def forget(self, merchant_id: str) -> None:
        """It has left the merchants file."""
        for kind in (AlertKind.MERCHANT_SUSPENDED, AlertKind.MERCHANT_UNREACHABLE):
            self._alerts.end_alert(merchant_id, kind, merchant_id)
