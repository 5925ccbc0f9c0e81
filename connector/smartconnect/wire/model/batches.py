"""Answers to batches of stock: read in the form of Amazon's model where all was accepted, else field by field."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from connector.domain.inventory.requests import InventoryLevel, InventoryRequest
from connector.domain.outcomes import Accepted, Answer, Outcome
from connector.smartconnect.messages import Response, is_in_utf8
from connector.smartconnect.outcomes import answered
from connector.smartconnect.wire.body import json_object
from connector.smartconnect.wire.inventory import accepted, belongs, needs_number, read_batch
from connector.smartconnect.wire.model.parts import Long, Text
from connector.smartconnect.wire.model.shipments import EmptyList


class _ModelStatus(Struct, frozen=True, gc=False):
    code: Annotated[int, Meta(ge=200, le=299)] = field(name="statusCode")
    phrase: Text = field(default="", name="reasonPhrase")


class _ModelLevel(Struct, frozen=True, gc=False):
    sku: Text = field(default="", name="skuId")
    location: Text = field(default="", name="locationId")
    sequence: Long | None = field(default=None, name="clientSequenceNumber")
    sellable: Long | None = field(default=None, name="sellableQuantity")
    reserved: Long | None = field(default=None, name="reservedQuantity")
    actionable: EmptyList = field(default=(), name="actionableErrors")
    errors: EmptyList | None = None


class _ModelItem(Struct, frozen=True, gc=False):
    status: _ModelStatus
    body: _ModelLevel


class _ModelBatch(Struct, frozen=True, gc=False):
    """`errors`, `payload`: what an answer has in place of a batch, or around it."""

    responses: tuple[_ModelItem, ...]
    errors: EmptyList | None = None
    payload: None = None


_decode = msgspec.json.Decoder(_ModelBatch).decode


def batch_reader(requests: Sequence[InventoryRequest]) -> Callable[[Response], tuple[Outcome[InventoryLevel], ...]]:
    """One outcome per request, as `read_batch` has them."""

    def read(response: Response) -> tuple[Outcome[InventoryLevel], ...]:
        outer = answered(response)
        levels = all_accepted(response.content, requests, outer) if is_in_utf8(response.content) else None
        return read_batch(json_object(response), requests, outer) if levels is None else levels

    return read


def all_accepted(
    content: bytes, requests: Sequence[InventoryRequest], outer: Answer
) -> tuple[Accepted[InventoryLevel], ...] | None:
    """None: it is not in the form of the model, or not every request was accepted."""
    try:
        items = _decode(content).responses
    except (msgspec.MsgspecError, RecursionError):
        return None
    if len(items) < len(requests):
        return None
    locations = {request.location_id for request in requests}
    levels: list[Accepted[InventoryLevel]] = []
    for request, item in zip(requests, items, strict=False):  # what nobody asked for is nobody's
        told = item.body
        level = InventoryLevel(told.sequence, told.sellable, told.reserved)
        if not belongs(told.sku, told.location, request, locations) or needs_number(request, level):
            return None
        levels.append(accepted(item.status.code, item.status.phrase, outer, level))
    return tuple(levels)
