"""Shipping options, and the documents made of them: invoices come inline, labels as presigned URLs."""

import base64
from collections.abc import Mapping, Sequence

import httpx

from connector.domain.orders.facts.documents import Courier, Document, PackageShipLabel
from connector.domain.orders.facts.shipping_options import HandoverLocation, ShippingOption, ShippingOptions, TimeWindow
from connector.smartconnect.outcomes import MAX_CODE, readable
from connector.smartconnect.wire.addresses import read_address
from connector.smartconnect.wire.fields import Json, Unreadable, child, decimal, each, optional, required, text, time_ms

# DocumentV2.url in the published model, and the registered spelling of the first
_FORMATS: Mapping[str, str] = {
    "x.application/zpl": "ZPL",
    "application/zpl": "ZPL",
    "application/pdf": "PDF",
    "image/png": "PNG",
    "text/plain": "PLAIN_TEXT",
}
_BEGINNINGS: Mapping[bytes, str] = {b"%PDF-": "PDF", b"\x89PNG\r\n\x1a\n": "PNG", b"^XA": "ZPL"}


def read_shipping_options(source: Json) -> ShippingOptions:
    return ShippingOptions(
        options=each(source, "shippingOptions", _read_option),
        recommended=optional(source, "recommendedShippingOption", _read_option),
    )


def read_invoice(source: Json) -> Document:
    document = read_document(child(source, "document"))
    if not document.content:
        raise Unreadable("document.content is missing")
    return document


def read_document(source: Json) -> Document:
    content = "".join(text(source, "content").split())
    try:
        decoded = base64.b64decode(content + "=" * (-len(content) % 4), validate=True)
    except ValueError as error:
        raise Unreadable("content is not base64") from error
    return Document(text(source, "format"), decoded)


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


def read_labels(source: Json) -> tuple[PackageShipLabel, ...]:
    return each(source, "packageShipLabelList", _read_label)


def read_label_file(response: httpx.Response) -> Document:
    """By how the file begins, then by its content type: S3 calls a file octet-stream where nobody named its type."""
    content = response.content
    if not content:
        raise Unreadable("the label file is empty")
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    begins = (form for beginning, form in _BEGINNINGS.items() if content.lstrip().startswith(beginning))
    form = next(begins, _FORMATS.get(content_type))
    if form is None:
        raise Unreadable("the label file is neither ZPL, PDF, PNG nor plain text")
    return Document(form, content)


def _read_option(source: Json) -> ShippingOption:
    return ShippingOption(
        option_id=required(source, "shippingOptionId"),
        ship_by=text(source, "shipBy"),
        carrier_name=text(source, "carrierName"),
        pickup_window=optional(source, "pickupWindow", _read_window),
        time_slot=optional(source, "timeSlot", _read_window),
        handover_location=optional(source, "handoverLocation", _read_handover),
    )


def _read_window(source: Json) -> TimeWindow:
    return TimeWindow(
        start_ms=time_ms(source, "startTime") or 0,
        end_ms=time_ms(source, "endTime") or 0,
        handover_method=text(source, "handoverMethod"),
    )


def _read_handover(source: Json) -> HandoverLocation:
    distance = child(source, "distance")
    return HandoverLocation(
        address=optional(source, "address", read_address),
        distance=decimal(distance, "value"),
        distance_unit=text(distance, "distanceUnit"),
        map_url=text(source, "mapUrl"),
    )


def _read_label(source: Json) -> PackageShipLabel:
    metadata, error = child(source, "shipLabelMetadata"), child(source, "errorDetails")
    url = text(child(source, "fileData"), "url")
    failed = bool(error) or source.get("isErrored") is True  # isErrored instead of status: older answers
    return PackageShipLabel(
        package_id=text(source, "packageId"),
        status=text(source, "status") or ("FAILURE" if failed or not url else "SUCCESS"),
        url=url,
        carrier_name=text(metadata, "carrierName"),
        tracking_id=text(metadata, "trackingId"),
        shipping_option_id=text(metadata, "shippingOptionId"),
        pickup_window=optional(metadata, "pickupWindow", _read_window),
        time_slot=optional(metadata, "timeSlot", _read_window),
        handover_location=optional(metadata, "handoverLocation", _read_handover),
        error_code=text(error, "code")[:MAX_CODE],
        error_message=readable([text(error, "message")]),
    )
