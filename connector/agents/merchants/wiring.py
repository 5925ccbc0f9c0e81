"""What is learnt of merchants, put together."""

import time

from connector.agents.merchants.limits import LimitSettlements
from connector.agents.shared import Shared
from connector.tables.limits import LIMIT_ROWS


def wire_limits(shared: Shared) -> LimitSettlements:
    limits = LimitSettlements(
        shared.open_table(LIMIT_ROWS),
        shared.lanes,
        shared.merchants,
        partitions=shared.settings.kafka.partitions,
        clock=time.monotonic,
        now_ms=shared.issuer.now_ms,
    )
    shared.lanes.recall = limits.recall
    return limits
