"""An agent's whole body: each batch is applied, then acked; and what becomes of one that could not be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeAlias

from connector.errors import ConnectorError, PartitionLost
from connector.kafka.engine.batch import Batch
from connector.kafka.engine.held import HeldRecords, KafkaRecord, WaitsFor

Apply: TypeAlias = Callable[[int, Sequence[KafkaRecord]], Awaitable[None]]

POLL_S = 0.02

log = logging.getLogger(__name__)


async def run_batches(app: Any, stream: Any, apply: Apply, waits_for: WaitsFor = lambda *_: None) -> None:
    """`app`: a BatchApp. A record that `waits_for` names something for is applied when that has ended, and with it what
    followed it under its key.
    """

    async def applied(partition: int, records: Sequence[KafkaRecord], batches: Collection[Batch]) -> bool:
        return await apply_records(app, lambda: apply(partition, records), batches)

    held = HeldRecords(app, applied, waits_for)
    async for event in stream.noack().events():
        await held.take(event.message)


async def apply_records(app: Any, apply: Callable[[], Awaitable[None]], batches: Collection[Batch]) -> bool:
    """Whether all of it is applied: then it may be acked. `batches`: those that the records came in.

    What `apply` raises crashes the worker, so that the batches come again; merely left un-acked, they would hold up the
    commit for ever while the worker looks well. Bad records must not raise. What was fetched before a seek, or whose
    partition was given up, is left to whoever gets it next.
    """
    await _until(app.ready.is_set, app, batches)
    lost: PartitionLost | None = None
    while _is_ours(app, batches):
        for batch in batches:
            app.consumer.begin(batch)
        try:
            await apply()
        except PartitionLost as error:
            if lost is not None:
                app.end(_twice(error, app.conf.id))
            lost = error
        except ConnectorError as refused:
            app.end(refused)
            return False
        except Exception as fault:
            if any(batch.live for batch in batches):
                await app.crash(fault)
                raise
            log.warning("a batch of a revoked partition failed; its new owner gets it", exc_info=fault)
            return False
        else:
            return True
        finally:
            for batch in batches:
                app.consumer.end(batch)
        await _confirmation(app, batches, lost)
    return False


def _is_ours(app: Any, batches: Collection[Batch]) -> bool:
    return not app.should_stop and any(batch.live for batch in batches)


def _twice(lost: PartitionLost, app_id: str) -> ConnectorError:
    return ConnectorError(
        f"{lost}, though the group counts this worker as its owner: was the topic made anew "
        f"(`connector topics check`), or does another app run as {app_id}?"
    )


async def _confirmation(app: Any, batches: Collection[Batch], lost: PartitionLost) -> None:
    """Until the group counts this worker as a member still, after all, or has told it that it does not."""
    log.warning("a batch waits for the group: %s", lost)
    lost_at = app.lease.now()
    await _until(lambda: app.lease_age_s() < app.lease.now() - lost_at, app, batches)


async def _until(is_so: Callable[[], bool], app: Any, batches: Collection[Batch]) -> None:
    """Or until nothing is to be done with the batches any more."""
    while not is_so() and _is_ours(app, batches):  # noqa: ASYNC110  # the lease's age has no event
        await asyncio.sleep(POLL_S)
