"""Changes of the watermarks table: what is to be told first, then the alerts that rows raise and end, then the rows."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager

from connector.agents.alerts import Alerts
from connector.agents.outbox import Outbox
from connector.agents.polling.api_access import ApiAccess
from connector.agents.polling.locations import OrderLocations
from connector.agents.returns.index import ReturnIndex
from connector.domain.polling.alerts import alert_changes, alerts_of, closed_api, return_to_read, unknown_location
from connector.domain.polling.polls import Poll
from connector.domain.polling.windows import Watermark
from connector.kafka.producer import OutRecord
from connector.tables.watermarks import Watermarks


class RowEdit:
    """Rows of one partition as they are being decided on, by Amazon's time `now_ms`.

    `waits`: (merchant, list) -> seconds until it is asked again, None: when it is due.
    """

    def __init__(self, table: Watermarks, partition: int, now_ms: int) -> None:
        self.partition = partition
        self.now_ms = now_ms
        self.rows: dict[str, Watermark | None] = {}
        self.out: list[OutRecord] = []
        self.waits: dict[tuple[str, str], float | None] = {}
        self._table = table

    def get(self, key: str) -> Watermark | None:
        return self.rows[key] if key in self.rows else self._table.get(self.partition, key)

    def put(self, key: str, row: Watermark) -> None:
        self.rows[key] = row

    def delete(self, key: str) -> None:
        if self.get(key) is not None:
            self.rows[key] = None

    def publish(self, records: Iterable[OutRecord]) -> None:
        self.out.extend(records)

    def wait(self, poll: Poll, wait_s: float | None) -> None:
        self.waits[poll.merchant_id, poll.key] = wait_s


class WatermarkRows:
    """`now_ms`: Amazon's time."""

    def __init__(self, table: Watermarks, outbox: Outbox, alerts: Alerts, *, now_ms: Callable[[], int]) -> None:
        self._table = table
        self._outbox = outbox
        self._alerts = alerts
        self._now_ms = now_ms

    def recover(self, partition: int, merchant_id: str) -> Iterator[str]:
        """The keys of all rows of a merchant that just arrived; the alerts that stand for them are known again."""
        for key in tuple(self._table.of_merchant(partition, merchant_id)):
            row = self._table.get(partition, key)
            if row is not None:
                for alert in alerts_of(key, row):
                    self._alerts.standing(alert)
                yield key

    @asynccontextmanager
    async def editing(self, partition: int) -> AsyncIterator[RowEdit]:
        """Holds the partition's lock. A crash on the way publishes the same again, under the same ids."""
        async with self._table.lock(partition):
            edit = RowEdit(self._table, partition, self._now_ms())
            yield edit
            with self._table.changing(partition, edit.rows):
                alerts = [
                    alert
                    for key, row in edit.rows.items()
                    for alert in alert_changes(key, self._table.get(partition, key), row, edit.now_ms)
                ]
                await self._outbox.send([*edit.out, *map(self._alerts.changed, alerts)])
                await self._table.write(partition, edit.rows)


class Recovery:
    """What a merchant's rows say when it arrives: read once, whatever changes of it in the merchants file later."""

    def __init__(
        self, rows: WatermarkRows, returns: ReturnIndex, *, locations: OrderLocations, access: ApiAccess
    ) -> None:
        self._rows = rows
        self._returns = returns
        self._locations = locations
        self._access = access
        self._read: set[str] = set()

    def read(self, partition: int, merchant_id: str) -> Iterator[None]:
        if merchant_id in self._read:
            return
        self._read.add(merchant_id)
        yield from self._returns.load(partition, merchant_id)
        for key in self._rows.recover(partition, merchant_id):
            if (location_id := unknown_location(key)) is not None:
                self._locations.alarmed.add((merchant_id, location_id))
            elif (operation := closed_api(key)) is not None:
                self._access.not_enabled.add(f"{merchant_id}|{operation}")
            elif (return_id := return_to_read(key)) is not None:
                self._returns.queue.want(merchant_id, return_id, 0.0)  # as a list in trouble is asked for
            yield

    def close(self) -> None:
        """All partitions were given up."""
        self._read.clear()
        self._returns.close()
        self._locations.close()
        self._access.close()
