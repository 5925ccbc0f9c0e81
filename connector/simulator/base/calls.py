"""Every request that arrived, and the questions that tests ask of the log."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Call:
    """`status` 0: not answered (yet). `throttled`: refused by the limit, not by a scripted fault."""

    number: int
    at: float
    wall: float
    operation: str
    method: str
    path: str
    request_id: str
    merchant_id: str = ""
    items: int = 1
    status: int = 0
    throttled: bool = False
    fault: str = ""
    answered_at: float | None = None
    request: str = ""
    response: str = ""


class CallLog:
    """`request` and `response` bodies are kept only where `keep_bodies` is set."""

    def __init__(self, *, keep_bodies: bool = False) -> None:
        self.keep_bodies = keep_bodies
        self._calls: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def arrived(self, *, at: float, wall: float, operation: str, method: str, path: str, request_id: str) -> Call:
        call = Call(len(self._calls) + 1, at, wall, operation, method, path, request_id)
        self._calls.append(call)
        return call

    def of(
        self, *, merchant: str = "", operation: str = "", path: str = "", after: int = 0, fault: str = ""
    ) -> list[Call]:
        """The calls that match every argument given; `path` is a part of the path, `after` a call's number."""
        return [
            call
            for call in self._calls[after:]
            if (not merchant or call.merchant_id == merchant)
            and (not operation or call.operation == operation)
            and (not fault or call.fault.startswith(fault))
            and path in call.path
        ]

    def throttled(self, *, merchant: str = "", operation: str = "") -> int:
        """How many calls the limits refused."""
        return sum(call.throttled for call in self.of(merchant=merchant, operation=operation))

    def max_in_window(self, *, merchant: str = "", operation: str = "", window_s: float = 1.0) -> int:
        """The most calls that arrived within any half-open window of this length, refused ones too."""
        times = [call.at for call in self.of(merchant=merchant, operation=operation)]
        most = first = 0
        for last, time in enumerate(times):
            while times[first] <= time - window_s:
                first += 1
            most = max(most, last - first + 1)
        return most

    def usage(
        self, rate: float, *, merchant: str = "", operation: str = "", since: float = 0.0, until: float | None = None
    ) -> float:
        """Share of `rate` that was used from the first to the last call between the two monotonic times."""
        times = [
            call.at
            for call in self.of(merchant=merchant, operation=operation)
            if call.at >= since and (until is None or call.at <= until)
        ]
        if len(times) < 2 or times[-1] == times[0]:
            return 0.0
        return (len(times) - 1) / (rate * (times[-1] - times[0]))
