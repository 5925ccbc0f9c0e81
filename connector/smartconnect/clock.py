"""Amazon's time, as its answers tell it: windows and watermarks follow it, whatever the worker's clock says."""

from collections.abc import Callable


class AmazonClock:
    """Goes on by `clock` (monotonic seconds) between two answers, so that no setting of the wall clock moves it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offset_ms: float | None = None

    def hear(self, date_ms: int) -> None:
        """An answer of SmartConnect's own host just came, dated so (to the second, so this clock is behind by one)."""
        self._offset_ms = date_ms - self._clock() * 1000

    def now_ms(self) -> int | None:
        """Epoch milliseconds; None until an answer was heard."""
        return None if self._offset_ms is None else round(self._clock() * 1000 + self._offset_ms)
