"""What failed at once is not tried again at once."""

from connector.domain.outcomes import Answer
from connector.domain.quarantine import (
    SLOW_BEAT_MS,
    SLOWEST_BEAT_MS,
    SPREAD,
    TRIES,
    Trouble,
    rest_ms,
    troubled,
    wait_ms,
)


def failing(request_id: str, times: int) -> Trouble:
    """Since the same moment, whichever it is."""
    trouble: Trouble | None = None
    for _ in range(times):
        trouble = troubled(trouble, Answer(http_status=403, request_id=request_id), 1_000)
    assert trouble is not None
    return trouble


def test_slow_beats_are_spread_and_the_same_after_a_restart() -> None:
    beats = [wait_ms(failing(f"r-{number}", TRIES)) for number in range(100)]
    assert beats == [wait_ms(failing(f"r-{number}", TRIES)) for number in range(100)]
    assert all(SLOW_BEAT_MS <= beat <= SLOW_BEAT_MS * (1 + SPREAD) for beat in beats)
    assert max(beats) - min(beats) > SLOW_BEAT_MS * SPREAD * 0.9
    assert len(set(beats)) > 95


def test_the_first_tries_are_soon_and_no_beat_is_longer_than_the_slowest() -> None:
    assert [wait_ms(failing("r", times)) for times in range(1, TRIES)] == [1000, 2000, 4000, 8000]
    assert wait_ms(failing("r", TRIES + 40)) == SLOWEST_BEAT_MS


def test_a_time_that_a_wrong_clock_wrote_is_not_waited_for() -> None:
    now_ms, two_hours_ms = 1_772_445_600_000, 7_200_000
    assert rest_ms(now_ms + SLOW_BEAT_MS, now_ms) == SLOW_BEAT_MS
    assert rest_ms(now_ms + two_hours_ms + 1000, now_ms) == SLOWEST_BEAT_MS
    assert rest_ms(now_ms - two_hours_ms, now_ms) == 0
