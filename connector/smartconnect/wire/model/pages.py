"""Answers that hold shipments: read in the form of Amazon's model where they are in it, else field by field."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
from msgspec import Struct, field

from connector.domain.ids import stable_id
from connector.domain.orders.facts.shipment import Shipment
from connector.smartconnect.messages import Response, is_in_utf8
from connector.smartconnect.wire.body import from_json, with_id
from connector.smartconnect.wire.fields import MOST_KNOWN_BYTES, KnownItems, KnownVersions, item_mark
from connector.smartconnect.wire.model.parts import Text
from connector.smartconnect.wire.model.shipments import EmptyList, facts_of, in_form
from connector.smartconnect.wire.shipments import ShipmentsPage, read_shipment, read_shipments


def shipment_reader(shipment_id: str) -> Callable[[Response], Shipment]:
    """Of the one that was asked for: an answer for another one is Unreadable."""
    read_fields = from_json(with_id(shipment_id, read_shipment))

    def read(response: Response) -> Shipment:
        told = in_form(response.content) if is_in_utf8(response.content) else None
        facts = None if told is None or told.shipment_id != shipment_id else facts_of(told)
        return read_fields(response) if facts is None else facts

    return read


def shipments_reader() -> Callable[[Response], ShipmentsPage]:
    """For one page after the other: of what they show alike, each shipment is read once."""
    in_form_of_model, items = _PagesInForm(), KnownItems(read_shipment)
    read_fields = from_json(lambda source: read_shipments(source, items.read))

    def read(response: Response) -> ShipmentsPage:
        page = in_form_of_model.read(response.content) if is_in_utf8(response.content) else None
        return read_fields(response) if page is None else page

    return read


class _ModelPagination(Struct, frozen=True, gc=False):
    next_token: Text = field(default="", name="nextToken")


class _ModelPage(Struct, frozen=True, gc=False):
    """`errors`, `payload`: what an answer has in place of a page, or around it."""

    shipments: tuple[msgspec.Raw, ...]
    pagination: _ModelPagination = _ModelPagination()
    errors: EmptyList | None = None
    payload: None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """`mark`: by this the page is told from itself before a change."""

    facts: Shipment
    mark: str


class _PagesInForm:
    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_ModelPage).decode
        self._known = KnownVersions[_Item]()

    def read(self, content: bytes) -> ShipmentsPage | None:
        """None: it is not in the form of the model, or one of its shipments is not."""
        try:
            page = self._decode(content)
        except (msgspec.MsgspecError, RecursionError):
            return None
        found: list[_Item] = []
        for each in page.shipments:
            item = self._item(each)
            if item is None:
                return None
            found.append(item)
        version = stable_id(*(item.mark for item in found)) if found else ""
        return ShipmentsPage(tuple(item.facts for item in found), page.pagination.next_token, version=version)

    def _item(self, content: msgspec.Raw) -> _Item | None:
        written = bytes(content)
        if len(written) > MOST_KNOWN_BYTES:
            return _read_item(written)
        version = blake2b(written, digest_size=16).digest()
        item = self._known.get(version)
        if item is None and (item := _read_item(written)) is not None:
            self._known.keep(version, item)
        return item


def _read_item(written: bytes) -> _Item | None:
    told = in_form(written)
    facts = None if told is None else facts_of(told)
    return None if told is None or facts is None else _Item(facts, item_mark(told.shipment_id, told.last_updated))
