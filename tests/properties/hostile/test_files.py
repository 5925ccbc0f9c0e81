"""Whatever file an operator hands over, and whatever a setting or a secret holds: what is in it, or why not, soon."""

import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.cli.stock.sheets import load_sheet
from connector.errors import InputFileError, MerchantsError
from connector.kafka.connection.faults import told_reason
from connector.merchants import Merchants, parse_merchants
from connector.settings import PREFIX
from connector.settings.addresses import checked_brokers, checked_documents_url, checked_hosts, checked_url
from connector.settings.variables import given_settings, without_space_around
from connector.smartconnect.refresh_tokens import token_in
from tests.kit.cases import case_file
from tests.kit.hostile import LONG, TEXTS, outcome_of, spoilt_bytes, thrown
from tests.kit.inventory.sheets import xlsx

COLUMNS = ("merchant", "location", "sku", "sequence")
SHEET_WITHIN_S = 5.0  # a million rows of 1.1 to 3 are gone through first, in over a second where the machine is slow
TOML = case_file("merchants.toml").read_bytes()
TOML_FRAGMENTS = (
    *(b"a=" + b"[" * 5_000, b"a=" + b"{a=" * 5_000, b"a=" + b"9" * 5_000, b"a=0x" + b"f" * LONG, b"\n[[merchants]]\n"),
    *(b"a" + b".a" * 50_000 + b"=1\n", b"[a" + b".b" * 50_000 + b"]\n", b'a."' + b'"."' * 50_000 + b'"=1\n'),
    *(b'"""', b"'''", b'"""\\"' * 50_000, b"a" + b" " * LONG, b'"' * LONG, b"'" * LONG, b"#" * LONG, b"a=1979-99-99\n"),
    *(b"a=[" + b"1," * LONG + b"]\n", b"a=1_" * 1_000, b'"\\ud800"', b"\\U00110000", b"a.b = 1\n" * 20_000),
)
CSV = b"merchant,location,sku,sequence\nM1,EXSB,a,1\nM1,EXSB,b,2\n"
SHEET = "xl/worksheets/sheet1.xml"
XML_FRAGMENTS = (
    *(b'<row r="1000000000">', b'<row r="1' + b"0" * 30 + b'">', b'<row r="-5">', b"<row/>" * 30_000, b"<a>" * 50_000),
    *(b'<c r="ZZZ3">', b'<c r="XFD1048576"><v>1</v></c>', b"<v>1E+9999999999</v>", b"<v>" + b"9" * LONG + b"</v>"),
    *(b'<c r="A2" t="s"><v>-1</v></c>', b'<c t="d"><v>x</v></c>', b"&a;", b"<!DOCTYPE x [", b"</row>", b"_x0000_"),
)


XLSX = xlsx(COLUMNS, ("M1", "EXSB", "a", 1), ("M1", "EXSB", "b", 2))
SHEET_XML = ZipFile(BytesIO(XLSX)).read(SHEET)


def with_part(name: str, content: bytes) -> bytes:
    """The workbook with another part in place of that one, or besides."""
    changed, source = BytesIO(), ZipFile(BytesIO(XLSX))
    with ZipFile(changed, "w", ZIP_DEFLATED) as archive:
        for part in source.namelist():
            if part != name:
                archive.writestr(part, source.read(part))
        archive.writestr(name, content)
    return changed.getvalue()


def loaded(content: bytes) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return outcome_of(lambda: load_sheet(Path(file.name), COLUMNS), InputFileError, within_s=SHEET_WITHIN_S)


@given(spoilt_bytes(TOML, TOML_FRAGMENTS))
@thrown
def test_a_merchants_file(content: bytes) -> None:
    found = outcome_of(lambda: parse_merchants(content, "file"), MerchantsError)
    if isinstance(found, Merchants):
        assert all("|" not in merchant.merchant_id and merchant.merchant_id.isprintable() for merchant in found)


@pytest.mark.parametrize("fragment", TOML_FRAGMENTS, ids=range(len(TOML_FRAGMENTS)))
def test_each_fragment_of_toml(fragment: bytes) -> None:
    with pytest.raises(MerchantsError):
        parse_merchants(fragment + TOML, "file")
    outcome_of(lambda: parse_merchants(fragment + TOML, "file"), MerchantsError)


@given(spoilt_bytes(CSV, (b'"', b"\r", b"\0", b"sep=", b"," * 5_000, b"\n" * 5_000, b"=1+1", b"'" * 50, b"1E+9")))
@thrown
def test_a_csv_file(content: bytes) -> None:
    loaded(content)


@given(st.one_of(spoilt_bytes(SHEET_XML, XML_FRAGMENTS).map(lambda xml: with_part(SHEET, xml)), spoilt_bytes(XLSX)))
@thrown
def test_an_xlsx_file(content: bytes) -> None:
    loaded(content)


ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>M1</t></is></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        *('<row r="1000000000"/>', '<row r="1' + "0" * 30 + '"/>', "<row/>" * 3_000_000, ROW * 1_100_000),
        "<row><c><v>1</v></c></row>" * 3_000_000,
    ],
    ids=["the billionth", "beyond", "empty", "texts", "numbers"],
)
def test_rows_without_end_are_refused_before_they_are_read(rows: str) -> None:
    refused = loaded(with_part(SHEET, SHEET_XML.replace(b"</sheetData>", rows.encode() + b"</sheetData>")))
    assert isinstance(refused, InputFileError)
    assert "1,048,576 rows" in str(refused)


@pytest.mark.parametrize("texts", ["<si><t>a</t></si>" * 5_000_000, "<si><t>" + "a" * 300_000_000 + "</t></si>"])
def test_shared_texts_without_end_are_refused_before_they_are_read(texts: str) -> None:
    part = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + texts + "</sst>"
    refused = loaded(with_part("xl/sharedStrings.xml", part.encode()))
    assert isinstance(refused, InputFileError)
    assert "256 MB" in str(refused)


@pytest.mark.parametrize(
    "content",
    [CSV + b"M1,EXSB,a,1\n" * 3_000_000, CSV + b"\n" * 30_000_000, b"merchant," * 1_000_000 + b"\n" + CSV],
    ids=["rows", "blanks", "columns"],
)
def test_a_csv_file_without_end_is_refused_before_it_is_read(content: bytes) -> None:
    refused = loaded(content)
    assert isinstance(refused, InputFileError)
    assert "1,048,576 rows" in str(refused)


@given(st.one_of(st.sampled_from(TEXTS), st.text(max_size=300)))
@example('{"a":' * 5_000)
@example("[" * 5_000)
@thrown
def test_a_secret(text: str) -> None:
    outcome_of(lambda: token_in(text, "here"))


@given(st.one_of(st.sampled_from(TEXTS), st.text(max_size=300)))
@thrown
def test_a_setting(text: str) -> None:
    outcome_of(lambda: without_space_around(f"a{text}b"))
    outcome_of(lambda: given_settings({f"{PREFIX}{text}": text}, PREFIX, {f"{PREFIX}APP_ID"}))
    for check in (checked_brokers, checked_documents_url, checked_hosts, checked_url):
        outcome_of(partial(check, text), ValueError)


@pytest.mark.parametrize("size", [LONG, 1_000_000])
def test_the_patterns_take_no_more_time_than_their_text_is_long(size: int) -> None:
    outcome_of(lambda: without_space_around(f"a{' ' * size}b"))
    outcome_of(lambda: given_settings({f"{PREFIX}A{'_SERVICE_PORT_x' * (size // 15)}-": "1"}, PREFIX, set()))
    for text in (" (after 1ms in state " + "a" * size, " (after 1ms in state a" * (size // 22), "a:" * (size // 2)):
        outcome_of(partial(told_reason, text))
