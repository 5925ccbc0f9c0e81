"""When to try again. `chance` is a random number in [0, 1): it spreads waits over 75 % to 125 %."""

IMMEDIATE_WAITS_S = (0.5, 1.0)
PARKED_FIRST_S = 30.0
PARKED_LONGEST_S = 300.0
CLOSED_FIRST_S = 1.0
CLOSED_LONGEST_S = 60.0
PROBE_FIRST_S = 2.0
PROBE_LONGEST_S = 60.0


def retry_wait_s(attempts: int, chance: float) -> float:
    """After `attempts` failed calls: three come soon (Amazon's guide: fewer than four), then it is parked."""
    if attempts <= len(IMMEDIATE_WAITS_S):
        return _spread(IMMEDIATE_WAITS_S[attempts - 1], chance)
    return _spread(_doubled(PARKED_FIRST_S, attempts - len(IMMEDIATE_WAITS_S) - 1, PARKED_LONGEST_S), chance)


def probe_wait_s(refusals_in_a_row: int, chance: float) -> float:
    """How long a suspended merchant rests before its access is tried again."""
    return _spread(_doubled(PROBE_FIRST_S, refusals_in_a_row - 1, PROBE_LONGEST_S), chance)


def _doubled(first_s: float, times: int, longest_s: float) -> float:
    return float(min(first_s * 2.0 ** min(times, 32), longest_s))


def _spread(wait_s: float, chance: float) -> float:
    return wait_s * (0.75 + chance / 2)


class Closing:
    """Of a lane that was told to slow down: `in_a_row` times, with no other answer in between."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self._since = float("-inf")

    def wait_s(self, left_at: float, now: float, retry_after_s: float | None, chance: float) -> float:
        """How long it closes from now on: as Amazon asks, else longer each time. What had left before it closed tells
        nothing new, and makes it no longer."""
        if left_at > self._since:
            self.in_a_row += 1
            self._since = now
        if retry_after_s is not None:
            return retry_after_s
        return _spread(_doubled(CLOSED_FIRST_S, self.in_a_row - 1, CLOSED_LONGEST_S), chance)

    def end(self) -> None:
        self.in_a_row = 0
