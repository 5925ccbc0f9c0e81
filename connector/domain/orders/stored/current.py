"""What is kept as JSON: steps and answers within the records of connector.api-calls, and rows in their changelog.

JSON within a record names the version of its form, for it is read by other releases too: after a rolling update, and
after days. What the release before wrote is read by previous.py.
"""

from typing import TypeVar, assert_never

import msgspec

from connector.domain.orders import steps
from connector.domain.orders.effects import Labels, StepValue
from connector.domain.orders.facts.documents import StoredDocument
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.facts.shipping_options import ShippingOptions
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import Step, StepCall
from connector.domain.orders.stored.previous import PREVIOUS_VERSION, read_previous_row, read_previous_step

T = TypeVar("T")

VERSION = 2

_decode_row = msgspec.json.Decoder(ShipmentRow).decode


class UnknownVersion(ValueError):
    """The JSON is of a form that this release does not read."""


class _Stored(msgspec.Struct, frozen=True):
    version: int = PREVIOUS_VERSION
    value: msgspec.Raw = msgspec.Raw()


def write_step(step: Step) -> str:
    return _write(step)


def read_step(text: str) -> Step | None:
    """None for one of the release before that was no call. Raises UnknownVersion, or msgspec's MsgspecError for what is
    no step."""
    return read_previous_step(text) if _stored(text).version == PREVIOUS_VERSION else _read(text, Step)


def write_answer(value: StepValue) -> str:
    return _write(value)


def read_answer(call: StepCall, text: str) -> StepValue:
    """What an accepted call brought; None where its kind brings nothing. Raises as `read_step` does."""
    match call:
        case steps.GetShipmentCall():
            return _read(text, Shipment)
        case steps.RetrieveShippingOptionsCall():
            return _read(text, ShippingOptions)
        case steps.GenerateInvoiceCall() | steps.RetrieveInvoiceCall():
            return _read(text, StoredDocument)
        case steps.GenerateShipLabelsCall() | steps.RegenerateShipLabelsCall():
            return _read(text, Labels)
        case (
            steps.ConfirmShipmentCall()
            | steps.RejectShipmentCall()
            | steps.CreatePackagesCall()
            | steps.UpdatePackageCall()
            | steps.UpdatePackageStatusCall()
        ):
            return None
        case _:
            assert_never(call)


def read_row(data: bytes) -> ShipmentRow:
    """A row of the shipments' changelog, of this release or the one before."""
    try:
        return _decode_row(data)
    except msgspec.ValidationError:
        return read_previous_row(data)


def _write(value: object) -> str:
    return msgspec.json.encode({"version": VERSION, "value": value}).decode()


def _read(text: str, kind: type[T]) -> T:
    """Of both versions: what an answer holds is as it was, only the version around it is new."""
    stored = _stored(text)
    return msgspec.json.decode(text if stored.version == PREVIOUS_VERSION else stored.value, type=kind)


def _stored(text: str) -> _Stored:
    stored = msgspec.json.decode(text, type=_Stored)
    if stored.version not in (PREVIOUS_VERSION, VERSION):
        raise UnknownVersion(f"version {stored.version}, but {PREVIOUS_VERSION} and {VERSION} are read here")
    return stored
