"""Shipping options, and the documents made of them: invoices come inline, labels as presigned URLs.

What a document is, its bytes tell (documents/formats.py); what it is said to be is kept beside them.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence

from connector.domain.orders.facts.documents import Courier, Document, GiftMessage, PackageShipLabel, ShipLabels
from connector.domain.orders.facts.shipping_options import HandoverLocation, ShippingOption, ShippingOptions, TimeWindow
from connector.foreign.masking import masked
from connector.smartconnect.messages import Response
from connector.smartconnect.outcomes import amazon_code
from connector.smartconnect.wire.addresses import read_address
from connector.smartconnect.wire.fields import (
    Json,
    child,
    content,
    decimal,
    each,
    optional,
    require_list,
    required,
    text,
    time_ms,
)
from connector.smartconnect.wire.source import Source, Unreadable

# DocumentV2.url in the published model, and the registered spelling of the first
_FORMATS: Mapping[str, str] = {
    "x.application/zpl": "ZPL",
    "application/zpl": "ZPL",
    "application/pdf": "PDF",
    "image/png": "PNG",
    "text/plain": "PLAIN_TEXT",
}
_DATA_URI = "data:"  # RFC 2397
_STANDARD = str.maketrans("-_", "+/")  # the url-safe alphabet of RFC 4648 (5) in the standard one (4)


def read_shipping_options(source: Source) -> ShippingOptions:
    options = each(source, "shippingOptions", _read_option)
    return ShippingOptions(options, optional(source, "recommendedShippingOption", _read_option), source.unread)


def read_invoice(source: Source) -> Document:
    """Unreadable without content, or with one that is not base64."""
    document = child(source, "document")
    decoded = decoded_base64(content(document.strict(), "content"))
    if decoded is None:
        raise Unreadable("document.content is not base64")
    if not decoded:
        raise Unreadable("document.content is missing")
    return Document(text(document, "format"), decoded)


def read_gift_message(source: Source) -> GiftMessage:
    """A greeting that is not base64, as it should be, is the text itself."""
    written = content(source, "content")
    decoded = decoded_base64(written)
    greeting = written.encode() if decoded is None else decoded
    source.reading.document_bytes += 4 * -(-len(greeting) // 3)
    digest = hashlib.sha256(greeting).hexdigest() if greeting else ""
    return GiftMessage(format=text(source, "format"), content=greeting, sha256=digest)


def decoded_base64(written: str) -> bytes | None:
    """Of either alphabet, with or without padding, line ends, and what a data URI puts before it. None: it is none."""
    if written[: len(_DATA_URI)].lower() == _DATA_URI:
        written = written.partition(",")[2]
    compact = "".join(written.split()).translate(_STANDARD)
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError:
        return None


def labels_body(package_ids: Sequence[str], courier: Courier | None) -> Json | None:
    if not package_ids and courier is None:
        return None
    body: Json = {"packageIds": list(package_ids)}
    if courier is not None:
        body["courierSupportedAttributes"] = {
            "carrierName": courier.carrier_name,
            "trackingId": courier.tracking_id,
        }
    return body


def read_labels_of(package_ids: Sequence[str]) -> Callable[[Source], ShipLabels]:
    """Reads the labels that were asked for (none named: of all packages); one of another package is Unreadable."""

    def read(source: Source) -> ShipLabels:
        labels = read_labels(source)
        if package_ids and any(label.package_id not in package_ids for label in labels.labels):
            raise Unreadable("packageShipLabelList has another package's label")
        return labels

    return read


def read_labels(source: Source) -> ShipLabels:
    """Unreadable without their list."""
    require_list(source, "packageShipLabelList")
    return ShipLabels(each(source, "packageShipLabelList", _read_label), source.unread)


def read_label_file(response: Response) -> Document:
    """Said to be what its content type says: S3 calls a file octet-stream where nobody named its type."""
    if not response.content:
        raise Unreadable("the label file is empty")
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Document(_FORMATS.get(content_type, ""), response.content)


def _read_option(source: Source) -> ShippingOption:
    return ShippingOption(
        option_id=required(source, "shippingOptionId"),
        ship_by=text(source, "shipBy"),
        carrier_name=text(source, "carrierName"),
        pickup_window=optional(source, "pickupWindow", _read_window),
        time_slot=optional(source, "timeSlot", _read_window),
        handover_location=optional(source, "handoverLocation", _read_handover),
    )


def _read_window(source: Source) -> TimeWindow:
    return TimeWindow(
        start_ms=time_ms(source, "startTime"),
        end_ms=time_ms(source, "endTime"),
        handover_method=text(source, "handoverMethod"),
    )


def _read_handover(source: Source) -> HandoverLocation:
    distance = child(source, "distance")
    return HandoverLocation(
        address=optional(source, "address", read_address),
        distance=decimal(distance, "value"),
        distance_unit=text(distance, "distanceUnit"),
        map_url=text(source, "mapUrl"),
    )


def _read_label(source: Source) -> PackageShipLabel:
    metadata, error = child(source, "shipLabelMetadata"), child(source, "errorDetails")
    url = text(child(source, "fileData"), "url")
    failed = bool(error.values) or source.values.get("isErrored") is True  # isErrored, not status: older answers
    return PackageShipLabel(
        package_id=required(source, "packageId"),
        status=text(source, "status") or ("FAILURE" if failed or not url else "SUCCESS"),
        url=url,
        carrier_name=text(metadata, "carrierName"),
        tracking_id=text(metadata, "trackingId"),
        shipping_option_id=text(metadata, "shippingOptionId"),
        pickup_window=optional(metadata, "pickupWindow", _read_window),
        time_slot=optional(metadata, "timeSlot", _read_window),
        handover_location=optional(metadata, "handoverLocation", _read_handover),
        error_code=amazon_code(text(error, "code")),
        error_text=masked(text(error, "message")),
    )
