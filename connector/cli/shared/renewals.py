"""Secrets and certificates that are replaced while a worker runs: taken up without an end of its process."""

import asyncio
import logging
from collections.abc import Callable

from connector.errors import ConnectorError
from connector.kafka.reach import reach_kafka
from connector.settings import Settings
from connector.settings.renewal import fingerprints, with_current_secrets

log = logging.getLogger(__name__)


class Renewals:
    """Make it before the clients that it is about: what is replaced in between is seen then."""

    def __init__(self, settings: Settings, check: Callable[[Settings], object] = lambda one: reach_kafka(one.kafka)):
        self._settings = settings
        self._check = check
        self._known = fingerprints(settings)
        self._told = ""

    async def wait(self) -> Settings:
        """Returns when something was replaced by what can be used and what Kafka accepts. Until then the old ones stay
        in use: connections that are open need none."""
        while True:
            await asyncio.sleep(self._settings.renewal_interval_s)
            try:
                renewed = await asyncio.to_thread(self._renewed)
            except (ConnectorError, OSError) as fault:
                self._tell(f"a replaced secret or certificate can't be used yet: {fault}")
            else:
                self._told = ""
                if renewed is not None:
                    return renewed

    def _renewed(self) -> Settings | None:
        """Blocks."""
        settings = with_current_secrets(self._settings)
        now = fingerprints(settings)
        names = sorted(name for name, known in self._known.items() if now.get(name) != known)
        if not names:
            return None
        self._check(settings)
        log.info("%s: replaced; all connections are made anew", ", ".join(names))
        return settings

    def _tell(self, fault: str) -> None:
        """Once, not at each look."""
        if fault != self._told:
            log.warning(fault)
        self._told = fault
