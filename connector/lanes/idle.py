"""A lane that has nothing to do, which most of them have not: a few bytes in place of kilobytes."""

from dataclasses import dataclass
from typing import ClassVar

from connector.lanes.call import PrepareOf


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLane:
    """What is told of it, as of one that runs, and what that is made of once somebody has something for it.

    `unused_since`: seconds of the lanes' clock. Another worker, or this lane when it ran, may have used the limit until
    then, and nobody since.
    """

    merchant_id: str
    operation: str
    prepare_of: PrepareOf
    rate: float
    burst: int
    batch_size: int
    standing: bool
    unused_since: float

    backlog: ClassVar = 0
    oldest_since_ms: ClassVar = None

    @property
    def limit_per_s(self) -> float:
        return self.rate

    def used_share(self, _now: float) -> float:
        return 0.0
