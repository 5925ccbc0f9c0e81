"""Asking the workers for changes of their tables, and waiting until the ledger's changelog shows them."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import typer

from connector.agents.issuer import KEYS_PER_COMMAND, internal_command_record
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import progress_bar, remark, user
from connector.clock import now_ms
from connector.domain.ids import stable_id
from connector.domain.internal_commands import InternalAction
from connector.domain.inventory.ledger import LedgerRow
from connector.kafka.producer import OutRecord
from connector.kafka.topics import INTERNAL_COMMANDS, changelog_topic
from connector.tables.ledger import LEDGER, key_parts
from connector.tables.table import UnreadableRow

_POLL_S = 0.1

WaitS = Annotated[float, typer.Option(help="Seconds to wait for the workers to carry it out.")]

AskedChange = tuple[str, InternalAction, int]
"""A merchant, what is asked for, and of how many SKUs, shipments or returns."""

Expected = Callable[[LedgerRow], bool]


def asked_by_place(keys: Iterable[str], action: Callable[[str, tuple[str, ...]], InternalAction]) -> list[AskedChange]:
    """`action(location_id, skus)` of rows of the ledger."""
    skus: dict[tuple[str, str], list[str]] = defaultdict(list)
    for merchant_id, location_id, sku in map(key_parts, keys):
        skus[merchant_id, location_id].append(sku)
    asked = list[AskedChange]()
    for (merchant_id, location_id), names in skus.items():
        for begin in range(0, len(names), KEYS_PER_COMMAND):
            part = tuple(names[begin : begin + KEYS_PER_COMMAND])
            asked.append((merchant_id, action(location_id, part), len(part)))
    return asked


def ask_workers(broker: Broker, commands: Sequence[AskedChange], by: str = "") -> None:
    """Returns when Kafka has it. `by` "": the user of this machine. Raises ConnectorError."""
    with progress_bar("sending", sum(count for *_, count in commands)) as bar:
        written = broker.write([record] for record in _records(broker, commands, by or user()))
        for _, (*_, count) in zip(written, commands, strict=True):
            bar.advance(count)


def _records(broker: Broker, commands: Sequence[AskedChange], by: str) -> Iterator[OutRecord]:
    now = now_ms()
    for number, (merchant_id, action, _) in enumerate(commands):
        command_id = stable_id(merchant_id, type(action).__name__, number, by, now)
        record = internal_command_record(command_id, merchant_id, action, now, by)
        key, value = merchant_id.encode(), broker.encode(INTERNAL_COMMANDS.name, record)
        yield OutRecord(INTERNAL_COMMANDS.name, broker.home(key), key, value)


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


def tell_late(late: int, wait_s: float) -> None:
    """Exit code 1 where rows were not changed in time."""
    if late:
        remark(
            f"{late} are on {INTERNAL_COMMANDS.name} but no worker took them over within {wait_s:g} s; "
            "the next that runs does"
        )
        raise typer.Exit(1)
