"""A manifest as a sheet for the carrier: a line and a barcode for each package."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from connector.documents.letters import LATIN, runs, text_width
from connector.domain.orders.facts.documents import Document
from connector.domain.orders.facts.shipping_options import TimeWindow
from connector.domain.orders.manifests import Manifest, ManifestLine

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 12 * mm, _WIDTH - 12 * mm, _HEIGHT - 14 * mm, 26 * mm
_ROW = 17 * mm
_HEAD = 27 * mm
_ROWS_PER_PAGE = int((_TOP - _HEAD - _BOTTOM) // _ROW)
_NUMBER, _SHIPMENT, _PACKAGE, _CARRIER, _CODE = (_LEFT + offset * mm for offset in (0, 8, 53, 90, 116))
_CODE_WIDTH = _RIGHT - _CODE
_BAR = 0.3 * mm  # the narrowest bar that a warehouse's printer and reader agree on; long codes get thinner ones
_QUIET = 10  # bars of white that Code 128 wants on either side


_DRAWING = threading.Lock()  # reportlab reads a font by a position that all drawings share


def render_manifest(manifest: Manifest, asked_at_ms: int) -> Document:
    """A PDF; the same bytes for the same input. One at a time, whatever the thread."""
    with _DRAWING:
        return _render(manifest, asked_at_ms)


def _render(manifest: Manifest, asked_at_ms: int) -> Document:
    pages = [manifest.lines[start : start + _ROWS_PER_PAGE] for start in range(0, len(manifest.lines), _ROWS_PER_PAGE)]
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True, pageCompression=1)
    canvas.setTitle(f"Manifest {manifest.command_id}")
    for number, lines in enumerate(pages or [()]):
        _head(canvas, manifest, asked_at_ms)
        _rows(canvas, lines, first=number * _ROWS_PER_PAGE + 1)
        _foot(canvas, number + 1, max(len(pages), 1))
        canvas.showPage()
    canvas.save()
    return Document("PDF", file.getvalue())


def _head(canvas: Canvas, manifest: Manifest, asked_at_ms: int) -> None:
    shipments = len({line.shipment_id for line in manifest.lines})
    _draw(canvas, _LEFT, _TOP - 5 * mm, f"Manifest of {manifest.location_id}", 15, "Helvetica-Bold")
    canvas.setFont("Helvetica", 9)
    canvas.drawRightString(_RIGHT, _TOP - 5 * mm, f"{shipments} shipments, {len(manifest.lines)} packages")
    _fitted(
        canvas,
        _LEFT,
        _TOP - 11 * mm,
        f"Merchant {manifest.merchant_id}, {_told_time(asked_at_ms)}",
        9,
        _RIGHT - _LEFT,
    )
    _fitted(canvas, _LEFT, _TOP - 15 * mm, f"Number {manifest.command_id}", 9, _RIGHT - _LEFT)
    carrier = ", ".join(filter(None, (manifest.carrier_name, _pickup(manifest.pickup))))
    _fitted(canvas, _LEFT, _TOP - 19 * mm, carrier, 9, _RIGHT - _LEFT)
    canvas.setFont("Helvetica-Bold", 8)
    titles = ((_NUMBER, "No."), (_SHIPMENT, "Shipment, order"), (_PACKAGE, "Package, units"), (_CARRIER, "Carrier"))
    for left, title in (*titles, (_CODE, "Tracking")):
        canvas.drawString(left, _TOP - _HEAD + 2 * mm, title)
    canvas.line(_LEFT, _TOP - _HEAD, _RIGHT, _TOP - _HEAD)


def _pickup(window: TimeWindow | None) -> str:
    if window is None or window.start_ms is None:
        return ""
    times = [_told_time(at_ms) for at_ms in (window.start_ms, window.end_ms) if at_ms is not None]
    return f"{(window.handover_method or 'pickup').lower()} {' to '.join(times)}"


def _told_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _rows(canvas: Canvas, lines: Sequence[ManifestLine], first: int) -> None:
    for row, line in enumerate(lines):
        bottom = _TOP - _HEAD - (row + 1) * _ROW
        upper, lower = bottom + 9 * mm, bottom + 5 * mm
        _fitted(canvas, _NUMBER, upper, str(first + row), 9, 7 * mm)
        _fitted(canvas, _SHIPMENT, upper, line.shipment_id, 9, _PACKAGE - _SHIPMENT - mm)
        _fitted(canvas, _SHIPMENT, lower, line.order_id, 8, _PACKAGE - _SHIPMENT - mm)
        _fitted(canvas, _PACKAGE, upper, line.package_id, 9, _CARRIER - _PACKAGE - mm)
        _fitted(canvas, _PACKAGE, lower, f"units: {line.units}", 8, _CARRIER - _PACKAGE - mm)
        _fitted(canvas, _CARRIER, upper, line.carrier_name, 9, _CODE - _CARRIER - mm)
        _barcode(canvas, line.tracking_id, bottom + 5.5 * mm)
        _fitted(canvas, _CODE, bottom + 2 * mm, line.tracking_id, 8, _CODE_WIDTH)
        canvas.setLineWidth(0.2)
        canvas.line(_LEFT, bottom, _RIGHT, bottom)


def _barcode(canvas: Canvas, code: str, bottom: float) -> None:
    """Left out where Code 128 has no sign for a character: a wrong code is worse than none."""
    if not (code.isascii() and code.isprintable() and code):
        return
    narrow = Code128(code, barWidth=_BAR, barHeight=9.5 * mm, lquiet=_QUIET * _BAR, rquiet=_QUIET * _BAR)
    bar = min(_BAR, _BAR * _CODE_WIDTH / narrow.width)
    Code128(code, barWidth=bar, barHeight=9.5 * mm, lquiet=_QUIET * bar, rquiet=_QUIET * bar).drawOn(
        canvas, _CODE, bottom
    )


def _foot(canvas: Canvas, page: int, pages: int) -> None:
    canvas.setFont("Helvetica", 9)
    canvas.drawString(_LEFT, 14 * mm, "Handed over to (name, signature, time):")
    canvas.line(_LEFT + 62 * mm, 13 * mm, _RIGHT - 24 * mm, 13 * mm)
    canvas.drawRightString(_RIGHT, 14 * mm, f"page {page} of {pages}")


def _fitted(canvas: Canvas, left: float, bottom: float, text: str, size: float, width: float) -> None:
    """Smaller where it would run into the next column: an id that is cut short is of no use."""
    size = min(size, size * width / max(text_width(text, size), 1))
    _draw(canvas, left, bottom, text, size)


def _draw(canvas: Canvas, left: float, bottom: float, text: str, size: float, font: str = LATIN) -> None:
    for name, part in runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(left, bottom, part)
        left += stringWidth(part, name, size)
