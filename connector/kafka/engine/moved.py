"""Positions that a log no longer has: it was truncated, or deleted and made anew, or its oldest records went unread."""

from dataclasses import dataclass

from faust.types import TP


@dataclass(frozen=True, slots=True)
class Moved:
    """`wanted` was the next offset, `first` is the one that reading goes on with."""

    tp: TP
    wanted: int
    first: int

    def told(self, begin: int, end: int) -> str | None:
        """What happened, of a log that lies between these offsets now. None: what lies between are transaction markers
        and aborted records."""
        where = f"{self.tp.topic}/{self.tp.partition}: offset {self.wanted} was next, but the log"
        if self.first < self.wanted:
            return (
                f"{where} ends at {end}: Kafka lost records, or the topic was made anew; all that it holds is read "
                f"again, from {self.first} on"
            )
        if begin <= self.wanted:
            return None
        return f"{where} begins at {begin}: records were deleted before they were read; lengthen the topic's retention"
