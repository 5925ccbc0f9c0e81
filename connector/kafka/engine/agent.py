"""An agent's whole body: each batch is applied, then acked; and what becomes of one that could not be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, TypeAlias

from faust.types import TP

from connector.errors import ConnectorError, PartitionLost
from connector.kafka.engine.batch import Batch
from connector.kafka.engine.consumer import BatchConsumer
from connector.kafka.engine.fetch.records import KafkaRecord
from connector.kafka.engine.held import HeldRecords, WaitsFor
from connector.kafka.engine.last_resort import FAULTS, Park

Apply: TypeAlias = Callable[[int, Sequence[KafkaRecord]], Awaitable[None]]

POLL_S = 0.02
TWICE = (
    "{}, though the group counts this worker as its owner: was the topic made anew (`connector topics check`), "
    "or does another app run as {}?"
)

log = logging.getLogger(__name__)


async def run_batches(
    app: Any, stream: Any, apply: Apply, waits_for: WaitsFor = lambda *_: None, park: Park | None = None
) -> None:
    """`app`: a BatchApp. A record that `waits_for` names something for is applied when that has ended, and with it what
    followed it under its key. `park`: in place of `apply`, of a record that has ended the worker again and again; None:
    it ends it for ever."""

    async def applied(partition: int, records: Sequence[KafkaRecord], batches: Collection[Batch]) -> bool:
        tp = next(iter(batches)).tp
        for run in app.consumer.last_resort.runs(tp, records):
            parked = partial(_parked, app.consumer, park, tp, run)
            if not await apply_records(app, partial(apply, partition, run), batches, parked):
                return False
        return True

    held = HeldRecords(app, applied, waits_for)
    async for event in stream.noack().events():
        await held.take(event.message)


async def _never(_: Exception) -> bool:
    return False


async def apply_records(
    app: Any,
    apply: Callable[[], Awaitable[None]],
    batches: Collection[Batch],
    parked: Callable[[Exception], Awaitable[bool]] = _never,
) -> bool:
    """Whether all of it is applied: then it may be acked. `batches`: those that the records came in. `parked`: whether
    what could not be applied for this fault is somewhere else by now.

    What `apply` raises crashes the worker, so that the batches come again; merely left un-acked, they would hold up the
    commit for ever while the worker looks well. What was fetched before a seek, or whose partition was given up, comes
    again, here or elsewhere."""
    await _until(app.ready.is_set, app, batches)
    lost: PartitionLost | None = None
    while _is_ours(app, batches):
        app.consumer.begin(batches)
        try:
            await apply()
        except PartitionLost as error:
            if lost is not None:
                app.end(ConnectorError(TWICE.format(error, app.conf.id)))
            lost = error
        except ConnectorError as refused:
            app.end(refused)
            return False
        except Exception as fault:
            if any(batch.live for batch in batches):
                if await parked(fault):
                    return True
                await app.crash(fault)
                raise
            log.warning("a batch of a revoked partition failed; its new owner gets it", exc_info=fault)
            return False
        else:
            return True
        finally:
            app.consumer.end(batches)
        log.warning("a batch waits for the group: %s", lost)
        await _until(_is_confirmed_since(app, app.lease.now()), app, batches)
    return False


async def _parked(
    consumer: BatchConsumer, park: Park | None, tp: TP, records: Sequence[KafkaRecord], fault: Exception
) -> bool:
    if park is None or not isinstance(fault, FAULTS):
        return False
    if consumer.last_resort.is_due(tp, records):
        try:
            await park(records[0], fault)
        except Exception as failed:
            log.warning("a record could not be parked", exc_info=failed)
            return False
        return True
    await consumer.commit_end(tp, records)
    return False


def _is_ours(app: Any, batches: Collection[Batch]) -> bool:
    return not app.should_stop and any(batch.live for batch in batches)


def _is_confirmed_since(app: Any, lost_at: float) -> Callable[[], bool]:  # it is a member still, after all
    return lambda: bool(app.lease_age_s() < app.lease.now() - lost_at)


async def _until(is_so: Callable[[], bool], app: Any, batches: Collection[Batch]) -> None:
    """Or until nothing is to be done with the batches any more."""
    while not is_so() and _is_ours(app, batches):  # noqa: ASYNC110  # the lease's age has no event
        await asyncio.sleep(POLL_S)
