"""An alarm, as lists that rest have one."""

import asyncio

from connector.lanes.news import Alarm
from tests.kit.virtual_time import run_virtual


def test_an_alarm_rings_once_at_the_time_that_was_set_last() -> None:
    rung: list[float] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        began, alarm = loop.time(), Alarm(lambda: rung.append(loop.time() - began))
        for wait_s in (5.0, 1.0, 20.0):
            alarm.set(wait_s)
        await asyncio.sleep(30)
        alarm.set(1.0)
        alarm.set(None)
        await asyncio.sleep(30)

    run_virtual(scenario())
    assert rung == [20.0]
