"""When a night is due, by the merchant's time of day."""

from datetime import UTC, datetime

import pytest

from connector.domain.reconcile.nights import night_of


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-27T02:29:59", "2026-11-26"),
        ("2026-11-27T02:30:00", "2026-11-27"),
        ("2026-11-27T23:59:59", "2026-11-27"),
        ("2027-01-01T00:10:00", "2026-12-31"),
        ("2028-03-01T01:00:00", "2028-02-29"),
    ],
)
def test_a_night_is_due_until_the_next_one_comes(now: str, night: str) -> None:
    at_ms = round(datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp() * 1000)
    assert night_of("02:30", at_ms) == night
