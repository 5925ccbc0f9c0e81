"""Steps, answers and rows come back from JSON as they were, and a form that nobody here knows is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import msgspec
import pytest
from msgspec import structs

from connector.domain.orders import steps
from connector.domain.orders.commands import Action
from connector.domain.orders.effects import Labels, StepValue
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.row import ShipmentRow, Work
from connector.domain.orders.steps import Step, StepCall
from connector.domain.orders.stored.current import (
    UnknownVersion,
    read_answer,
    read_row,
    read_step,
    write_answer,
    write_step,
)
from tests.kit.orders.samples import filled
from tests.kit.orders.shipments import command

BROUGHT: dict[type[StepCall], type] = {
    steps.GetShipmentCall: Shipment,
    steps.RetrieveShippingOptionsCall: ShippingOptions,
    steps.GenerateInvoiceCall: StoredDocument,
    steps.RetrieveInvoiceCall: StoredDocument,
    steps.GenerateShipLabelsCall: Labels,
    steps.RegenerateShipLabelsCall: Labels,
}


@pytest.mark.parametrize("kind", get_args(StepCall))
def test_a_step_comes_back(kind: type[StepCall]) -> None:
    step = replace(filled(Step), call=filled(kind))
    assert read_step(write_step(step)) == step


@pytest.mark.parametrize("kind", get_args(StepCall))
def test_an_answer_comes_back(kind: type[StepCall]) -> None:
    value: StepValue = filled(BROUGHT[kind]) if kind in BROUGHT else None
    assert read_answer(filled(kind), write_answer(value)) == value


@pytest.mark.parametrize("kind", get_args(Action))
def test_a_row_comes_back_with_its_command(kind: type[Action]) -> None:
    row = structs.replace(filled(ShipmentRow), queue=(structs.replace(filled(Work), command=command(filled(kind))),))
    assert read_row(msgspec.json.encode(row)) == row


def test_what_is_written_names_its_version() -> None:
    written = (write_step(filled(Step)), write_answer(filled(Shipment)))
    assert [json.loads(text)["version"] for text in written] == [2, 2]


READERS: list[Callable[[str], object]] = [
    read_step,
    lambda text: read_answer(steps.GetShipmentCall(), text),
]


@pytest.mark.parametrize("read", READERS)
def test_a_version_of_another_release_is_named(read: Callable[[str], object]) -> None:
    with pytest.raises(UnknownVersion, match="version 3, but 1 and 2 are read here"):
        read('{"version":3,"value":{}}')


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version":2}', '{"version":"2","value":{}}'])
def test_what_is_none_is_msgspecs_to_say(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read(text)
