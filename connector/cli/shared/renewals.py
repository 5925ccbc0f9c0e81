"""Secrets and certificates that are replaced while a worker runs: taken up without an end of its process."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connector.errors import ConnectorError
from connector.kafka.connection.reach import reach_kafka
from connector.settings import Settings
from connector.settings.certificates import validity
from connector.settings.renewal import fingerprints, with_current_secrets

WARN_PART = 0.1  # of a certificate's life, when that is left: who renews it by itself has done so before

log = logging.getLogger(__name__)


class Renewals:
    """Make it before the clients that it is about: what is replaced in between is seen then."""

    def __init__(self, settings: Settings, check: Callable[[Settings], object] = lambda one: reach_kafka(one.kafka)):
        self._settings = settings
        self._check = check
        self._known = fingerprints(settings)
        self._told = ""
        self._is_warned = False

    async def wait(self) -> Settings:
        """Returns when `look` gives them."""
        while True:
            await asyncio.sleep(self._settings.renewal_interval_s)
            renewed = await asyncio.to_thread(self.look)
            if renewed is not None:
                return renewed

    def look(self) -> Settings | None:
        """The settings with what was replaced, where it can be used and Kafka accepts it. Until then the old ones stay
        in use: connections that are open need none. Blocks."""
        try:
            renewed = self._renewed()
        except ConnectorError as fault:
            self._tell(f"a replaced secret or certificate can't be used yet: {fault}")
            return None
        except (OSError, ValueError) as fault:  # a file that is just being written
            self._tell(f"a replaced secret or certificate can't be used yet ({type(fault).__name__})")
            return None
        self._told = ""
        return renewed

    def _renewed(self) -> Settings | None:
        settings = with_current_secrets(self._settings)
        self._warn_of_an_end(settings.kafka.cert_file)
        now = fingerprints(settings)
        names = sorted(name for name, known in self._known.items() if now.get(name) != known)
        if not names:
            return None
        self._check(settings)
        log.info("%s: replaced; all connections are made anew", ", ".join(names))
        return settings

    def _warn_of_an_end(self, cert_file: Path | None) -> None:
        """Once; connections that are open then stay, but no new one would be made."""
        if cert_file is None or self._is_warned:
            return
        begun_at, ending_at = validity(cert_file)
        if ending_at - datetime.now(UTC) < (ending_at - begun_at) * WARN_PART:
            self._is_warned = True
            remedy = "replace the file, it is taken up without a restart"
            log.warning(f"CONNECTOR_KAFKA__CERT_FILE: it ends on {ending_at:%Y-%m-%d %H:%M} UTC; {remedy}")

    def _tell(self, fault: str) -> None:
        """Once, not at each look."""
        if fault != self._told:
            log.warning(fault)
        self._told = fault
