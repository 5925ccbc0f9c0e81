"""Waiting until the workers have changed rows of the ledger, as its changelog shows."""

import time
from collections.abc import Callable, Mapping

from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import progress_bar
from connector.domain.inventory.ledger import LedgerRow
from connector.kafka.topics import changelog_topic
from connector.tables.ledger import LEDGER
from connector.tables.table import UnreadableRow

_POLL_S = 0.1

Expected = Callable[[LedgerRow], bool]


def ledger_ends(broker: Broker) -> dict[int, int]:
    """The changelog's end of each partition: ask before the change is asked for."""
    with broker.topic(changelog_topic(broker.settings.app_id, LEDGER.name)) as reader:
        return {number: stop for number, (_, stop) in reader.spans().items()}


def wait_for_rows(
    broker: Broker, expected: Mapping[str, Expected], ends: Mapping[int, int], wait_s: float
) -> dict[str, LedgerRow]:
    """By key, the rows that came to be as expected within `wait_s` seconds; the others are left out. Raises
    ConnectorError."""
    read = LEDGER.reader()
    waiting, found = dict(expected), dict[str, LedgerRow]()
    deadline, begin = time.monotonic() + wait_s, dict(ends)
    with (
        progress_bar("carried out", len(expected)) as bar,
        broker.topic(changelog_topic(broker.settings.app_id, LEDGER.name)) as reader,
    ):
        while waiting and time.monotonic() < deadline:
            spans = {number: (begin[number], stop) for number, (_, stop) in reader.spans().items()}
            for message in reader.read(spans):
                key, value = (message.key() or b"").decode(), message.value()
                if key not in waiting or value is None:
                    continue
                try:
                    row = read(value)
                except UnreadableRow as misfit:
                    raise LEDGER.unreadable(message.topic() or "", key.encode(), misfit) from None
                if waiting[key](row):
                    del waiting[key]
                    found[key] = row
            begin = {number: stop for number, (_, stop) in spans.items()}
            bar.reach(len(found))
            if waiting:
                time.sleep(_POLL_S)
    return found
