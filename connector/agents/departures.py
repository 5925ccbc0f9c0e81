"""When a call left: heard from the socket, told to the lane, kept for the record of the call."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.lanes.lane import Departed
from connector.smartconnect.http import tell_departure


@dataclass(slots=True)
class Departure:
    """`at_ms`: epoch milliseconds; before the call left, the time at which it was begun."""

    at_ms: int


def hear_departure(departed: Departed, now_ms: Callable[[], int]) -> Departure:
    """Of the one call made next in this context: each of a lane's calls runs in a task, so in a context, of its own."""
    departure = Departure(now_ms())

    def leaving(at: float) -> None:
        departure.at_ms = now_ms()
        departed(at)

    tell_departure.set(leaving)
    return departure
