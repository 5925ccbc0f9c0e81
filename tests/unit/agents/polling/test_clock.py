"""The alert of a wrong clock, over a worker's restart."""

from connector.agents.alerts import Alerts
from connector.agents.polling.clock import WRONG_MS, ClockWatch
from connector.domain.alerts import NO_MERCHANT
from tests.kit.memory import MemoryTopics
from tests.kit.polling.agents import START_MS


def test_a_clock_that_is_right_after_a_restart_ends_what_the_worker_before_told() -> None:
    alerts = Alerts(MemoryTopics().outbox(), 1, lambda: START_MS)
    ClockWatch(lambda: START_MS, lambda: START_MS + 2 * WRONG_MS, alerts, worker="w").compare(START_MS)
    assert [alert.subject for alert in alerts.of(NO_MERCHANT)] == ["w"]
    ClockWatch(lambda: START_MS, lambda: START_MS, alerts, worker="another").compare(START_MS)
    assert [alert.subject for alert in alerts.of(NO_MERCHANT)] == ["w"]
    ClockWatch(lambda: START_MS, lambda: START_MS, alerts, worker="w").compare(START_MS)
    assert alerts.of(NO_MERCHANT) == []
