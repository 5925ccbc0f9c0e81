"""A lane that nothing was asked of since it was opened, which most of them are: a few bytes in place of kilobytes."""

from dataclasses import dataclass
from typing import ClassVar

from connector.lanes.call import Prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLane:
    """What is told of it, as of one that runs, and what that is made of once somebody has something for it.

    `opened_at`: seconds of the lanes' clock. Another worker may have used the limit until then, and none since.
    """

    merchant_id: str
    operation: str
    prepare: Prepare
    rate: float
    burst: int
    batch_size: int
    standing: bool
    opened_at: float

    backlog: ClassVar = 0
    oldest_since_ms: ClassVar = None
    waited_s_total: ClassVar = 0.0
    taken_total: ClassVar = 0

    @property
    def limit_per_s(self) -> float:
        return self.rate

    def used_share(self, _now: float) -> float:
        return 0.0
