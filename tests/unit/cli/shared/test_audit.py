"""What a change leaves in the audit, however it ends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from connector.cli.shared.operators.audit import Deed, audited, only_one
from connector.errors import ConnectorError, InputError
from connector.kafka.producer import OutRecord

DEED = Deed(action="merchants pause", merchant_id="A1", subject="x" * 2000, by="ann", reason="a flood")


class FakeBroker:
    """Whose encoding is none. `fails_at`: which write Kafka does not take."""

    def __init__(self, *, has_topic: bool = True, fails_at: int = -1) -> None:
        self.written: list[dict[str, Any]] = []
        self._has_topic = has_topic
        self._fails_at = fails_at
        self._encoded: dict[bytes, dict[str, Any]] = {}

    @contextmanager
    def topic(self, name: str, /) -> Iterator[object]:
        if not self._has_topic:
            raise InputError(f"there is no {name}")
        yield None

    def encode(self, _: str, record: dict[str, Any], /) -> bytes:
        name = str(len(self._encoded)).encode()
        self._encoded[name] = record
        return name

    def home(self, key: bytes, /) -> int:
        return len(key)

    def write_all(self, records: Sequence[OutRecord], /) -> None:
        if len(self.written) == self._fails_at:
            raise ConnectorError("Kafka is away")
        self.written += [self._encoded[record.value or b""] for record in records]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(record["outcome"], record["message"]) for record in self.written]


def test_a_change_is_told_before_it_is_done_and_after() -> None:
    broker = FakeBroker()
    with audited(broker, DEED):
        assert broker.outcomes == [("BEGUN", "")]
    begun, ended = broker.written
    assert (begun["audit_id"], ended["outcome"], ended["by"]) == (ended["audit_id"], "DONE", "ann")
    assert len(begun["subject"]) == 1000, "no record is too large to be written"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ConnectorError("Kafka is away"), "Kafka is away"),
        (ValueError("may quote data"), "ValueError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_change_that_fails_is_told_so(fault: BaseException, told: str) -> None:
    broker = FakeBroker()
    with pytest.raises(type(fault)), audited(broker, DEED):
        raise fault
    assert broker.outcomes == [("BEGUN", ""), ("FAILED", told)]


@pytest.mark.parametrize("broker", [FakeBroker(has_topic=False), FakeBroker(fails_at=0)])
def test_what_can_not_be_told_is_not_done(broker: FakeBroker) -> None:
    done = False
    with pytest.raises(ConnectorError), audited(broker, DEED):
        done = True
    assert (done, broker.written) == (False, [])


def test_the_fault_of_the_change_is_what_is_raised() -> None:
    with pytest.raises(InputError, match="as it was"), audited(FakeBroker(fails_at=1), DEED):
        raise InputError("as it was")


def test_a_deed_is_a_merchants_where_all_of_it_is() -> None:
    assert (only_one(["A1", "A1"]), only_one(["A1", "A2"]), only_one([])) == ("A1", "", "")
