"""A record at which the worker ends again and again is parked, and nothing else ever is."""

from functools import partial
from pathlib import Path

import pytest

from connector.kafka.engine.last_resort import ENDS
from tests.kit.kafka.batch_apps import Probe, becomes, running_probe
from tests.kit.kafka.broker import Broker

pytestmark = pytest.mark.kafka

POISON = TypeError("secret words")


def has_ended(probe: Probe) -> bool:
    return bool(probe.app.crashed)


@pytest.mark.parametrize("applied_before", [0, 2])
async def test_the_fourth_worker_parks_it_and_goes_on(
    broker: Broker, topic: str, app_id: str, tmp_path: Path, applied_before: int
) -> None:
    """Whether or not anything was ever committed."""
    if applied_before:
        broker.produce(topic, [(f"k{number}", "good") for number in range(applied_before)], 0)
        async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
            await becomes("the first are applied", lambda: len(probe.applied) == applied_before)
    broker.produce(topic, [("a", "good"), ("b", "poison"), ("c", "good"), ("d", "good")], 0)
    at = applied_before + 1
    for _ in range(ENDS):
        async with running_probe(
            broker.bootstrap_servers, app_id, topic, tmp_path, faults={b"poison": POISON}
        ) as probe:
            await becomes("the worker ends", partial(has_ended, probe))
            assert (0, at + 1) not in probe.applied, "in order"
            assert not probe.parked
    away = OSError("the dead letters' broker is away")
    async with running_probe(
        broker.bootstrap_servers, app_id, topic, tmp_path, faults={b"poison": POISON}, park_fault=away
    ) as probe:
        await becomes("the worker ends, since nothing may be lost", partial(has_ended, probe))
        assert (0, at + 1) not in probe.applied
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, faults={b"poison": POISON}) as probe:
        await becomes("what follows is applied", lambda: (0, at + 2) in probe.applied)
        assert probe.parked == [(0, at, POISON)]
        assert not probe.app.crashed
        await becomes("it is committed", lambda: broker.committed(app_id).get((topic, 0)) == at + 3)
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path, faults={b"poison": POISON}) as probe:
        broker.produce(topic, [("e", "good"), ("f", "good")], 0)
        await becomes("all is as ever", lambda: probe.applied == [(0, at + 3), (0, at + 4)])


async def test_what_kafka_or_the_machine_is_at_fault_for_is_parked_never(
    broker: Broker, topic: str, app_id: str, tmp_path: Path
) -> None:
    broker.produce(topic, [("a", "good"), ("b", "late")], 0)
    for _ in range(ENDS + 2):
        async with running_probe(
            broker.bootstrap_servers, app_id, topic, tmp_path, faults={b"late": OSError("away")}
        ) as probe:
            await becomes("the worker ends", partial(has_ended, probe))
            assert not probe.parked
    async with running_probe(broker.bootstrap_servers, app_id, topic, tmp_path) as probe:
        await becomes("it is applied when that is over", lambda: probe.applied == [(0, 0), (0, 1)])
