"""What a lane is opened with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connector.lanes.in_flight import InFlight, most_in_flight
from connector.lanes.starts import Starts


@dataclass(frozen=True, slots=True)
class LaneTerms:
    """What a lane gets from outside: `may_call` is False while the worker may have lost its partitions.

    `on_taken`: hears, of each call, the merchant, the operation, and for how long each of its keys had waited for the
    limit, in seconds. `fatal`: what ends the worker where a call raises it (Kafka is away). Anything else costs the
    call's keys alone.
    """

    clock: Callable[[], float]
    chance: Callable[[], float]
    may_call: Callable[[], bool]
    on_access_change: Callable[[str, bool, str], None]
    on_reach_change: Callable[[str, bool, str], None] = lambda _merchant, _unreachable, _because: None
    on_taken: Callable[[str, str, Sequence[float]], None] = lambda _merchant, _operation, _waits_s: None
    in_flight: InFlight = field(default_factory=InFlight)
    fatal: tuple[type[Exception], ...] = ()
    starts: Starts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", Starts(self.in_flight))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSpec:
    """Whose calls a lane makes, and how many keys a call takes.

    `standing`: its keys come again for ever (polls), so those that wait are no backlog.
    """

    merchant_id: str
    operation: str
    batch_size: int = 1
    max_in_flight: int = most_in_flight(6, 0)
    standing: bool = False
