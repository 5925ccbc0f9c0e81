"""The store in S3: with the merchant's own key, verified by S3's checksum."""

import hashlib
from contextlib import closing
from typing import Any

import pytest

from connector.documents.store import DocumentStore, StoreUnavailable, UnreadableDocument, open_store
from connector.domain.orders.facts.documents import Document, DocumentKind, StoredDocument
from tests.kit.aws import REGION, Aws
from tests.kit.http.aws import AwsProxy, Forward, Request, Response

INVOICE = Document("PDF", b"%PDF-1.4 an invoice")
SHA256 = hashlib.sha256(INVOICE.content).hexdigest()
KEY = f"kept/A1/invoice/3/S1-{SHA256}.pdf"


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="docs", CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


async def put(store: DocumentStore, kms_key_arn: str = "") -> StoredDocument:
    stored = await store.put("A1", kms_key_arn, DocumentKind.INVOICE, "S1", "", INVOICE)
    assert isinstance(stored, StoredDocument), stored
    return stored


def keys(s3: Any) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket="docs").get("Contents", [])]


async def test_what_is_put_can_be_read_back(s3: Any) -> None:
    store = open_store("s3://docs/kept")
    stored = await put(store)
    assert (stored.uri, stored.sha256, stored.content_type) == (f"s3://docs/{KEY}", SHA256, "application/pdf")
    assert await store.get(stored.uri) == INVOICE.content
    assert s3.head_object(Bucket="docs", Key=KEY)["ContentType"] == "application/pdf"


async def test_a_bucket_without_a_prefix(s3: Any) -> None:
    store = open_store("s3://docs")
    assert await store.get((await put(store)).uri) == INVOICE.content
    assert keys(s3) == [KEY.removeprefix("kept/")]


async def test_the_same_document_again_is_the_same_object(s3: Any) -> None:
    store = open_store("s3://docs/kept")
    assert await put(store) == await put(store)
    assert keys(s3) == [KEY]


async def test_it_is_encrypted_with_the_merchants_key(aws: Aws, s3: Any) -> None:
    arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    store = open_store("s3://docs/kept")
    stored = await put(store, arn)
    held = s3.head_object(Bucket="docs", Key=KEY)
    assert (held["ServerSideEncryption"], held["SSEKMSKeyId"]) == ("aws:kms", arn)
    assert await store.get(stored.uri) == INVOICE.content


async def test_without_a_key_the_buckets_own_encryption_holds(s3: Any) -> None:
    await put(open_store("s3://docs/kept"))
    assert "SSEKMSKeyId" not in s3.head_object(Bucket="docs", Key=KEY)


async def stored_by(aws: Aws, monkeypatch: pytest.MonkeyPatch, kms_key_arn: str = "", **lie: str) -> object:
    """What comes of a put when S3, which never lies by itself, tells something else of what it holds."""

    def answer(request: Request, forward: Forward) -> Response:
        response = forward(request)
        if request.method == "HEAD":
            response.headers |= {name.replace("_", "-"): value for name, value in lie.items()}
        return response

    with closing(AwsProxy(aws, answer)) as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
        return await open_store("s3://docs/kept").put("A1", kms_key_arn, DocumentKind.INVOICE, "S1", "", INVOICE)


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("lie", [{"x_amz_checksum_sha256": "AAAA"}, {"content_length": "1"}])
async def test_what_does_not_read_back_is_not_stored(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, lie: dict[str, str]
) -> None:
    told = await stored_by(aws, monkeypatch, **lie)
    assert isinstance(told, StoreUnavailable)
    assert "it does not hold what was written to it" in told.reason


@pytest.mark.usefixtures("s3")
async def test_an_object_that_was_not_encrypted_is_not_stored(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    told = await stored_by(aws, monkeypatch, arn, x_amz_server_side_encryption="AES256")
    assert isinstance(told, StoreUnavailable)
    assert "it does not hold what was written to it" in told.reason


@pytest.mark.usefixtures("s3")
async def test_an_answer_that_was_passed_on_as_it_is(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(await stored_by(aws, monkeypatch), StoredDocument), "the lies above are what the tests are about"


@pytest.mark.usefixtures("s3")
async def test_a_bucket_that_is_not_there_is_named_by_its_code() -> None:
    told = await open_store("s3://nowhere").put("A1", "", DocumentKind.INVOICE, "S1", "", INVOICE)
    assert isinstance(told, StoreUnavailable)
    assert "NoSuchBucket" in told.reason


@pytest.mark.usefixtures("aws")
async def test_an_unreachable_s3_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = await open_store("s3://docs").put("A1", "", DocumentKind.INVOICE, "S1", "", INVOICE)
    assert isinstance(told, StoreUnavailable)
    assert "no connection could be made" in told.reason


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://docs/kept/gone.pdf", "NoSuchKey"),
        ("s3://other/kept/a.pdf", "it is not below s3://docs/kept/"),
        ("s3://docs/keptnot/a.pdf", "it is not below s3://docs/kept/"),
        ("file:///etc/passwd", "it is not below s3://docs/kept/"),
    ],
)
async def test_only_documents_of_the_store_are_read(uri: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        await open_store("s3://docs/kept").get(uri)


async def test_documents_of_before_a_time_or_of_a_merchant_are_removed_and_what_is_not_ours_is_left(s3: Any) -> None:
    store = open_store("s3://docs/kept")
    for merchant_id in ("A1", "A10"):
        await store.put(merchant_id, "", DocumentKind.INVOICE, "S1", "", INVOICE)
    s3.put_object(Bucket="docs", Key="kept/A1/notes.txt", Body=b"")
    assert await store.remove(before_ms=1_000) == 0
    assert await store.count(merchant_id="A1") == 1
    assert await store.remove(merchant_id="A1") == 1
    assert len(keys(s3)) == 2
    assert await store.remove(before_ms=4_000_000_000_000) == 1
    assert keys(s3) == ["kept/A1/notes.txt"]


@pytest.mark.usefixtures("aws")
async def test_what_s3_does_not_let_be_removed_is_told_by_its_code() -> None:
    told = await open_store("s3://nowhere").remove(merchant_id="A1")
    assert isinstance(told, StoreUnavailable)
    assert told.reason.startswith("NoSuchBucket")
