"""Letters beyond Latin-1 on paper: each in a font that has it, and readable as text again."""

import base64
import re
import zlib

import pytest

from connector.documents.letters import FONTS_DIR, LATIN, UNKNOWN, runs
from connector.documents.manifest import render_manifest
from connector.domain.orders.manifests import Manifest, ManifestLine
from tests.kit.cases import read_case

NAMES = {
    "Devanagari": "भारतीय डाक",
    "Bengali": "ডাক বিভাগ",
    "Gujarati": "ટપાલ",
    "Gurmukhi": "ਡਾਕ",
    "Oriya": "ଡାକ",
    "Tamil": "அஞ்சல்",
    "Telugu": "తపాలా",
    "Kannada": "ಅಂಚೆ",
    "Malayalam": "തപാൽ",
    "Polish": "Poczta Łódź, Żabka",
    "Czech": "Příští pošta",
    "Greek": "Ταχυδρομεία",
    "Cyrillic": "Почта",
    "Japanese": "日本郵便 ゆうパック",
}


def streams(content: bytes) -> list[str]:
    found = []
    for filters, raw in re.findall(rb"<<([^>]*)>>\s*stream\r?\n(.*?)\r?\n?endstream", content, re.DOTALL):
        packed = base64.a85decode(raw.strip().removesuffix(b"~>")) if b"ASCII85Decode" in filters else raw
        found.append(zlib.decompressobj().decompress(packed).decode("latin-1"))
    return found


def letters_told(content: bytes) -> set[str]:
    """What a reader of the PDF makes of the letters that its embedded fonts draw (their ToUnicode tables)."""
    tables = [stream for stream in streams(content) if "beginbfrange" in stream or "beginbfchar" in stream]
    codes = [code for table in tables for code in re.findall(r"<([0-9A-Fa-f]{4,8})>", table)]
    return {bytes.fromhex(code).decode("utf-16-be", "ignore") for code in codes}


def rendered(carrier: str) -> bytes:
    line = ManifestLine(
        shipment_id="S1", order_id="O-1", package_id="P1", carrier_name=carrier, tracking_id="T1", units=1
    )
    manifest = Manifest(merchant_id="A1", location_id="EXMF", command_id="c-1", lines=(line,), carrier_name=carrier)
    return render_manifest(manifest, 1_767_323_045_000).content


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_drawn_in_its_letters(name: str) -> None:
    text = NAMES[name]
    assert "".join(part for _, part in runs(text)) == text, "no letter is left out or replaced"
    assert len(list(runs(text))) == 1 or name in {"Polish", "Czech"}, "a name is one run"
    beyond = {letter for font, part in runs(text) if font != LATIN for letter in part}
    assert beyond
    assert beyond <= letters_told(rendered(text))


def test_the_carrier_of_a_label_is_on_its_manifest() -> None:
    """amazon/carrier-not-latin."""
    (label,) = read_case("amazon/carrier-not-latin")["body"]["packageShipLabelList"]
    carrier = label["shipLabelMetadata"]["carrierName"]
    assert set(carrier) - {" "} <= letters_told(rendered(carrier))


def test_latin_stays_in_the_pdfs_own_font() -> None:
    assert list(runs("DHL Köln & Söhne €")) == [(LATIN, "DHL Köln & Söhne €")]
    assert b"NotoSans" not in rendered("DHL")


def test_a_letter_that_no_font_has_is_a_question_mark() -> None:
    assert list(runs("\U0001f4e6\u0007")) == [(LATIN, UNKNOWN * 2)]


def test_the_same_manifest_is_the_same_bytes() -> None:
    assert rendered(NAMES["Japanese"]) == rendered(NAMES["Japanese"])


def test_the_fonts_come_with_their_license() -> None:
    assert "SIL Open Font License" in (FONTS_DIR / "OFL.txt").read_text()
