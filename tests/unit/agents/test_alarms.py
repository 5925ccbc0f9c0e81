"""When rows are looked at again, in virtual time."""

import asyncio

from connector.agents.alarms import Alarms
from tests.kit.virtual_time import run_virtual


def test_each_rings_once_when_it_is_due_by_its_latest_setting() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        rung: list[tuple[float, int, str]] = []

        async def ring(partition: int, key: str) -> None:
            rung.append((round(loop.time() - start, 2), partition, key))

        def due_ms(after_s: float) -> int:
            return round((start + after_s) * 1000)

        alarms = Alarms(ring, lambda: round(loop.time() * 1000))
        watching = asyncio.create_task(alarms.watch())
        alarms.set(1, "late", due_ms(500))
        alarms.set(2, "sooner", due_ms(900))
        alarms.set(0, "later", due_ms(10))
        await asyncio.sleep(5)
        alarms.set(2, "sooner", due_ms(20))
        alarms.set(0, "later", due_ms(700))
        await asyncio.sleep(2_000)
        assert rung == [(20.0, 2, "sooner"), (500.0, 1, "late"), (700.0, 0, "later")]
        alarms.set(1, "gone", due_ms(3_000))
        alarms.clear()
        await asyncio.sleep(2_000)
        assert len(rung) == 3
        watching.cancel()

    run_virtual(scenario())
