"""Notifications, delivered as badly as wished."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connector.simulator.amazon.shipments.shipments import Shipment
from connector.simulator.base.clock import Clock
from connector.simulator.notifications.messages import message_of

Notify = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Delivery:
    """`loss`, `duplication`: shares of messages lost, and sent in `copies`. Every copy is late by up to `late_s`.

    Lateness shuffles: each copy draws its own.
    """

    loss: float = 0.0
    duplication: float = 0.0
    copies: int = 2
    late_s: float = 0.0


class Notifications:
    """`notify` None: nothing is sent. `sent` holds every message made, by kind of fate, for tests to read."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.notify: Notify | None = None
        self.delivery = Delivery()
        self.sent: list[str] = []
        self.lost: list[str] = []
        self.failed: list[str] = []
        self._clock = clock
        self._rng = random.Random(seed)  # noqa: S311 - repeatable by seed, nothing secret hangs on it
        self._under_way: set[asyncio.Task[None]] = set()

    def status_changed(self, shipment: Shipment) -> None:
        if shipment.status != "CREATED":
            self.send(message_of(shipment, self._clock.wall()))

    def send(self, message: str) -> None:
        """Any text: garbage and foreign types too. Needs a running event loop where `notify` is set."""
        if self.notify is None:
            return
        if self._rng.random() < self.delivery.loss:
            self.lost.append(message)
            return
        self.sent.append(message)
        copies = self.delivery.copies if self._rng.random() < self.delivery.duplication else 1
        for _ in range(copies):
            task = asyncio.get_running_loop().create_task(
                self._deliver(self.notify, message, self._rng.uniform(0.0, self.delivery.late_s))
            )
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def drain(self) -> None:
        """Until everything sent so far has been handed over."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def cancel(self) -> None:
        for task in self._under_way:
            task.cancel()

    async def _deliver(self, notify: Notify, message: str, late_s: float) -> None:
        if late_s:
            await asyncio.sleep(late_s)
        try:
            await notify(message)
        except Exception as error:  # noqa: BLE001 - an unreachable queue is a lost message, never a broken simulator
            self.failed.append(message)
            logging.getLogger(__name__).warning("a notification could not be sent: %s", error)
