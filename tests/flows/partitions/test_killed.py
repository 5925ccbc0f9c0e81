"""A move that ends anywhere in its middle: no worker starts on what there is then, and another run ends it."""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress

import pytest
from confluent_kafka import TopicPartition

from connector.cli.partitions import rows, steps
from connector.cli.partitions.plan import look, open_site
from connector.cli.partitions.transactions import Transactions, WrittenRecord
from connector.errors import ConnectorError
from connector.settings import load_settings
from tests.kit.flows.commands import refused
from tests.kit.flows.world import NewWorld, World
from tests.kit.growth.installation import (
    LEAVING,
    MORE,
    before_the_move,
    begin_move,
    check_after_the_move,
    grown,
    move,
    planned,
)
from tests.kit.processes import ends_with

pytestmark = pytest.mark.kafka

MARKS = ("raised:", "carried over: .* oms.inventory", "moved: .* connector-ledger", "moved: .* connector.control")


class Killed(Exception):
    pass


class Mortal(Transactions):
    """Dies in the middle of a transaction, after so many whole ones, and does not even undo it."""

    lives = 0

    def commit(self, records: Iterable[WrittenRecord], offsets: Sequence[TopicPartition] = ()) -> int:
        if Mortal.lives > 0:
            Mortal.lives -= 1
            return super().commit(records, offsets)
        begun = [*records]
        return super().commit(self._until_death(begun), offsets)

    def _until_death(self, records: Sequence[WrittenRecord]) -> Iterable[WrittenRecord]:
        yield from records[: len(records) // 2 + 1]
        self._producer.flush(5)  # they are in the log, of a transaction that nobody ends
        raise Killed

    def _abort(self) -> None:
        pass


def go_into(world: World, monkeypatch: pytest.MonkeyPatch, transactions: type[Transactions]) -> None:
    """This process moves, as a command of the world's would, by other transactions."""
    monkeypatch.chdir(world.directory)
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(steps, "Transactions", transactions)
    monkeypatch.setattr(steps, "LATE_WORKERS_S", 0)


def move_here() -> None:
    with open_site(load_settings(), MORE) as site:
        assert site is not None
        plan = look(site)
        assert plan.in_the_way == []
        steps.move_all(site, plan, lambda _: None)


def test_a_killed_move_is_run_again(new_world: NewWorld) -> None:
    world, shipments = before_the_move(new_world)
    planned(world)
    for number, mark in enumerate(MARKS):
        moving = begin_move(world, f"move-{number}")
        moving.wait_for(mark)
        moving.kill()
        if number in (0, 2):
            remedy = f"connector partitions move --to {MORE} --yes"
            ends_with(world.start_worker(ready=False), remedy)
            ends_with(world.start_worker(ready=False, CONNECTOR_KAFKA__PARTITIONS=str(MORE)), remedy)
            assert remedy in refused(world, "merchants", "pause", LEAVING[0], "--reason", "too early")
            assert f"--to {MORE}" in refused(world, "partitions", "move", "--to", str(2 * MORE), "--yes")
    assert planned(world)["begun_before"]
    assert move(world).code == 0
    check_after_the_move(world, shipments)


def test_a_move_that_dies_in_any_transaction(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world, shipments = before_the_move(new_world)
    planned(world)
    go_into(world, monkeypatch, Mortal)
    monkeypatch.setattr(rows, "_ROWS_AT_ONCE", 20)
    deaths = 0
    for lives in itertools.count():
        Mortal.lives = lives
        with suppress(Killed):
            move_here()
        if grown(world):
            break
        deaths += 1
    assert deaths > 3
    check_after_the_move(world, shipments)


def test_what_is_not_the_same_afterwards_is_no_end(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of both sides: it must see what a fault of the move's would lose."""
    world, _ = before_the_move(new_world)
    planned(world)
    go_into(world, monkeypatch, Forgetful)
    with pytest.raises(ConnectorError) as fault:
        move_here()
    assert "connector-ledger-changelog" in str(fault.value)
    assert "oms.inventory" in str(fault.value)
    assert not grown(world)


class Forgetful(Transactions):
    """Leaves out the first record of each transaction."""

    def commit(self, records: Iterable[WrittenRecord], offsets: Sequence[TopicPartition] = ()) -> int:
        return super().commit(itertools.islice(records, 1, None), offsets)
