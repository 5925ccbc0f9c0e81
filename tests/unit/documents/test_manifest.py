"""The manifest's PDF: every package is on it, with a barcode, and the same input gives the same bytes."""

import base64
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from connector.documents.formats import Format, recognise
from connector.documents.manifest import render_manifest
from connector.domain.orders.facts.documents import Document
from connector.domain.orders.manifests import MAX_SHIPMENTS, Manifest, ManifestLine

PRINTED_AT_MS = 1_767_323_045_000  # 2026-01-02 03:04:05


def line(number: int, **facts: Any) -> ManifestLine:
    given: dict[str, Any] = {"tracking_id": f"TRACK{number:04}", "carrier_name": "ATS", **facts}
    return ManifestLine(
        shipment_id=f"S{number}", order_id=f"O-{number}", package_id=f"PKG-{number}", units=number, **given
    )


def rendered(*lines: ManifestLine) -> Document:
    manifest = Manifest(merchant_id="A1", location_id="EXSB", command_id="c-1", lines=lines)
    return render_manifest(manifest, PRINTED_AT_MS)


def pages(document: Document) -> Iterator[str]:
    """The drawing instructions of each page."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", document.content, re.DOTALL):
        yield zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>"))).decode("latin-1")


def texts(page: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", text) for text in re.findall(r"\(((?:\\.|[^)\\])*)\) Tj", page)]


def bars(page: str) -> int:
    return len(re.findall(r" re f", page))


def test_every_package_of_the_largest_manifest_is_on_it() -> None:
    document = rendered(*(line(number) for number in range(1, MAX_SHIPMENTS + 1)))
    found = [text for page in pages(document) for text in texts(page)]
    for number in range(1, MAX_SHIPMENTS + 1):
        for text in (f"S{number}", f"O-{number}", f"PKG-{number}", f"TRACK{number:04}", f"units: {number}"):
            assert found.count(text) == 1
    assert f"page {len(list(pages(document)))} of {len(list(pages(document)))}" in found
    assert isinstance(recognise(document), Format)


def test_it_says_what_it_is_of() -> None:
    found = texts(next(pages(rendered(line(1), line(2)))))
    assert "Manifest of EXSB" in found
    assert "Merchant A1, 2026-01-02 03:04 UTC" in found
    assert "Number c-1" in found
    assert "2 shipments, 2 packages" in found
    assert "page 1 of 1" in found


def test_the_same_input_gives_the_same_bytes() -> None:
    assert rendered(line(1), line(2)) == rendered(line(1), line(2))
    assert rendered(line(1)) != rendered(line(2))


def test_each_package_has_a_barcode() -> None:
    one, two = (bars(next(pages(rendered(*lines)))) for lines in ([line(1)], [line(1), line(1)]))
    assert one > 30, "Code 128 of nine characters has more bars than that"
    assert two == 2 * one


@pytest.mark.parametrize("code", ["", "Zoë-1", "a\tb"])
def test_a_code_that_code_128_lacks_signs_for_has_no_barcode(code: str) -> None:
    page = next(pages(rendered(line(1, tracking_id=code))))
    assert bars(page) == 0
    assert "PKG-1" in texts(page)


def test_a_long_code_stays_on_the_sheet() -> None:
    page = next(pages(rendered(line(1, tracking_id="X" * 60))))
    placed = max(float(x) for x in re.findall(r"1 0 0 1 ([\d.]+) [\d.]+ cm", page))
    ends = [float(x) + float(width) for x, width in re.findall(r"n ([\d.]+) [\d.]+ ([\d.]+) [\d.]+ re", page)]
    assert placed + max(ends) < 595


def test_text_is_never_taken_for_instructions() -> None:
    assert "A) Tj (B\\" in texts(next(pages(rendered(line(1, carrier_name="A) Tj (B\\")))))
